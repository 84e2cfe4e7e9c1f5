#include "rift/package/embedder.h"

#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/options.h"
#include "rift/package/engine_precision.h"
#include "rift/package/inputs.h"
#include "rift/package/loaders.h"
#include "rift/package/model_tokenizer.h"
#include "rift/package/special_tokens.h"
#include "rift/package/text_model.h"
#include "rift/package/text_scorer.h"
#include "rift/tensor/aten_threads.h"
#include "rift/tensor/device.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;
using models::Pooling;

constexpr int64_t kUsualTokens = 512;  // where a model states no length: more would cost the square of it in memory

/// Of a package's schema the id and what its text model reads.
data::Schema read_by(const TextInputs& inputs, const data::Schema& records) {
  const encode::text::RowText& text = inputs.row_text();
  data::Schema schema = records;
  std::erase_if(schema.fields, [&](const data::Field& field) {
    const bool is_text = std::ranges::find(text.columns(), field.name) != text.columns().end();
    const bool is_written =
        std::ranges::find(text.table_fields(), field.name, &data::Field::name) != text.table_fields().end();
    return field.role != data::Role::kId && !is_text && !is_written;
  });
  return schema;
}

/// What the vectors pass through behind the pooling is part of what a model promises.
void require_plain_vectors(const checkpoint::HfDirectory& base, Pooling asked) {
  if (asked != Pooling::kAutomatic || !base.sentence_transformers) return;
  const auto& modules = base.sentence_transformers->other_modules;
  RIFT_REQUIRE(modules.empty(), Code::kUnsupported,
               "{}: modules.json sends the vectors through '{}', which rift does not have; name a --pooling to get the "
               "vectors in front of it",
               base.root.string(), shorten(modules.front()));
  const auto& settings = base.sentence_transformers->other_settings;
  RIFT_REQUIRE(settings.empty(), Code::kUnsupported,
               "{}: the model's files ask for {}, which rift does not do; name a --pooling to get the vectors of the "
               "texts as they are",
               base.root.string(), settings.front());
}

at::Tensor of_unit_length(const at::Tensor& vectors) {
  return vectors.div(at::linalg_vector_norm(vectors, 2, at::IntArrayRef{1}, true).clamp_min(1e-12));
}

}  // namespace

bool is_package(const fs::path& directory) { return is_there(directory / "rift.json"); }

struct Embedder::Impl {
  explicit Impl(const EmbedderSpec& spec)
      : directory(spec.directory),
        device_name(spec.device),
        precision(spec.precision),
        device(tensor::parse_device(spec.device)) {
    tensor::apply_threads();
    unit_length = spec.length == EmbedderSpec::Length::kUnit;
    if (spec.schema.fields.empty()) {
      open_package(spec);
    } else {
      open_model(spec);
    }
    RIFT_REQUIRE(pooling != Pooling::kPooler || model().has_pooler(), Code::kConfig,
                 "{}: --pooling pooler: this model has no pooler; choose mean, cls or last", spec.directory.string());
    require_engine(model().encoder(), precision);
  }

  void open_package(const EmbedderSpec& spec) {
    RIFT_CHECK(is_package(spec.directory));
    RIFT_REQUIRE(spec.max_tokens == 0, Code::kConfig,
                 "{}: --max-tokens: a package reads as many tokens as it was trained on; leave it out",
                 spec.directory.string());
    PartLoaders loaders = all_loaders(spec.device);
    loaders["fine-tuned"] = [&](const fs::path& root, const Json& part, const data::Schema& schema) {
      auto loaded = TextScorer::load(root, part, schema, spec.device);
      scorer = loaded.get();
      return loaded;
    };
    loaders["fusion"] = fusion_loader(loaders);
    package = load_package(spec.directory, loaders);
    RIFT_REQUIRE(
        scorer != nullptr, Code::kUnsupported,
        "{}: the package's model is '{}', which has no language model in it; give a package of rift train, or a "
        "model directory",
        spec.directory.string(), package->scorer->name());
    pooling = spec.pooling == Pooling::kAutomatic ? scorer->model().pooling() : spec.pooling;
    max_tokens = scorer->spec().max_tokens;
    schema = read_by(inputs(), package->schema);
  }

  void open_model(const EmbedderSpec& spec) {
    const bool asked = spec.max_tokens > 0;
    text = load_text_model({.directory = spec.directory,
                            .pooling = spec.pooling,
                            .max_tokens = asked && !spec.fewer_if_short ? std::optional(spec.max_tokens) : std::nullopt,
                            .max_tokens_key = "--max-tokens",
                            .pooling_key = "--pooling",
                            .encoder_alone = true,
                            .device = device});
    const auto& stated = text->base.sentence_transformers;
    require_plain_vectors(text->base, spec.pooling);
    pooling = text->model->pooling();
    RIFT_REQUIRE(pooling != Pooling::kPooler || text->names.has_pooler, Code::kConfig,
                 "{}: --pooling pooler: the checkpoint has no pooler of its own, a new one would say nothing; choose "
                 "mean, cls or last",
                 spec.directory.string());
    if (spec.length == EmbedderSpec::Length::kAsTheModel) unit_length = stated && stated->normalizes;
    const int64_t positions = text->model->encoder().sizes().positions;
    const int64_t usual = stated && stated->max_tokens ? *stated->max_tokens : kUsualTokens;
    max_tokens = std::min(positions, asked ? spec.max_tokens : usual);
    require_room_for_text(spec);
    schema = spec.schema;
    own_inputs.emplace(schema, spec.text, text->tokenizer, max_tokens, token_of_empty_text(text->base.config));
  }

  void require_room_for_text(const EmbedderSpec& spec) const {
    const int64_t special = frame_tokens(*text->tokenizer);
    const bool asked = spec.max_tokens > 0 && spec.max_tokens == max_tokens;
    RIFT_REQUIRE(max_tokens > special, asked ? Code::kConfig : Code::kArtefact,
                 "{}expected {}at least {} ({} special tokens of this model and one of the text), got {}",
                 asked ? "--max-tokens: " : spec.directory.string() + ": tokens of a row, by the model's files: ",
                 asked ? "0 or " : "", special + 1, special, max_tokens);
  }

  const models::TextClassifier& model() const { return scorer != nullptr ? scorer->model() : *text->model; }
  const TextInputs& inputs() const { return scorer != nullptr ? scorer->inputs() : *own_inputs; }

  fs::path directory;
  std::string device_name;
  score::Precision precision;
  c10::Device device;
  std::optional<Package> package;
  const TextScorer* scorer = nullptr;  // in `package`
  std::optional<TextModel> text;       // of a model directory, as is the next
  std::optional<TextInputs> own_inputs;
  data::Schema schema;
  Pooling pooling = Pooling::kAutomatic;
  int64_t max_tokens = 0;
  bool unit_length = false;
};

Embedder::Embedder(const EmbedderSpec& spec) : impl_(std::make_unique<Impl>(spec)) {}

Embedder::~Embedder() = default;

const data::Schema& Embedder::schema() const { return impl_->schema; }
int64_t Embedder::width() const { return impl_->model().encoder().width(); }
int64_t Embedder::parameters() const { return encoder_parameters(impl_->model()); }
int64_t Embedder::max_tokens() const { return impl_->max_tokens; }
std::string_view Embedder::pooling() const { return name_of(impl_->pooling); }
bool Embedder::unit_length() const { return impl_->unit_length; }

Embeddings Embedder::embed(const data::Table& rows) const {
  tensor::apply_threads();
  const EncodedRows encoded = impl_->inputs().encode(rows);
  const nn::ForwardContext context{.precision = computed_in(impl_->precision)};
  Embeddings result{.rows = encoded.rows(), .values = {}, .truncated = encoded.truncated()};
  result.values = map_rows(encoded, width(), impl_->device, [&](const tensor::PackedBatch& batch) {
    const at::Tensor vectors = impl_->model().features(impl_->pooling, batch, context);
    return impl_->unit_length ? of_unit_length(vectors) : vectors;
  });
  for (size_t i = 0; i < result.values.size(); ++i) {
    const auto row = static_cast<int64_t>(i) / width();
    RIFT_REQUIRE(std::isfinite(result.values[i]), Code::kData,
                 "the vector of row {} has a value that is no finite number; is the model whole?",
                 rows.source_row.empty() ? row : rows.source_row[static_cast<size_t>(row)]);
  }
  return result;
}

TokenCounts Embedder::count_tokens(const data::Table& rows) const {
  return package::count_tokens(impl_->inputs(), rows, impl_->max_tokens);
}

LanguageLoss Embedder::language_loss(const data::Table& rows) const {
  return package::language_loss(impl_->directory, impl_->inputs(), rows, impl_->device_name);
}

}  // namespace rift::package
