#include "rift/package/text_model.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/load_model.h"
#include "rift/models/label_tokens.h"
#include "rift/package/beside.h"
#include "rift/package/model_tokenizer.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

std::string licence_of(const Pretrained& pretrained) {
  if (!pretrained.licence.empty()) return pretrained.licence;
  return pretrained.licence_files.empty() ? "not stated" : fmt::format("{}", fmt::join(pretrained.licence_files, ", "));
}

Json names_of(const std::vector<checkpoint::NameMap::Loaded>& renamed) {
  Json list = Json::array();
  for (const auto& entry : renamed) list.push_back(Json{{"from", entry.file_name}, {"to", entry.name}});
  return list;
}

/// The one id of each class's token.
std::vector<int32_t> class_tokens(const models::LabelTokensOptions& options, const std::vector<std::string>& classes,
                                  const encode::text::Tokenizer& tokenizer) {
  RIFT_REQUIRE(!classes.empty(), Code::kConfig,
               "model.text.head: label_tokens: a regression has no classes; set kind: linear");
  std::vector<int32_t> ids;
  encode::text::Encoding encoding;
  for (const std::string& name : classes) {
    const auto found = std::ranges::find(options.tokens, name, &std::pair<std::string, std::string>::first);
    RIFT_REQUIRE(found != options.tokens.end(), Code::kConfig,
                 "model.text.head.tokens: there is none for the class '{}'; the classes are {}", shorten(name),
                 fmt::join(classes, ", "));
    tokenizer.encode(found->second, {.add_special = false}, encoding);
    RIFT_REQUIRE(
        encoding.ids.size() == 1, Code::kConfig,
        "model.text.head.tokens: '{}' is {} tokens of this model; name a text that is one (often a word with a "
        "space before it)",
        shorten(found->second), encoding.ids.size());
    ids.push_back(encoding.ids.front());
  }
  RIFT_REQUIRE(options.tokens.size() == classes.size(), Code::kConfig,
               "model.text.head.tokens: {} of them for the {} classes {}", options.tokens.size(), classes.size(),
               fmt::join(classes, ", "));
  return ids;
}

/// The weights that the model starts from.
checkpoint::LoadedModel load_weights(const TextModelSpec& spec, const TextModel& model,
                                     const models::TextModelDescription& described) {
  const checkpoint::ModelLayout& layout = described.layout;
  const std::set<std::string> kept = kept_as_stored(spec, described);
  const auto* label_tokens = std::get_if<models::LabelTokensOptions>(&spec.head.kind);
  if (label_tokens == nullptr) {
    return checkpoint::load_model(
        model.base, layout, {.num_labels = spec.outputs, .require_pooler = spec.pooling == models::Pooling::kPooler},
        kept);
  }
  const std::vector<int32_t> tokens = class_tokens(*label_tokens, spec.classes, *model.tokenizer);
  checkpoint::LoadedModel loaded = checkpoint::load_model(model.base, layout, {.language_head = true}, kept);
  const at::Tensor weight =
      models::label_token_weight(model.base.config, model.base.config_path().string(), tokens, loaded.tensors);
  for (const checkpoint::NamedShape& part : layout.language_head) loaded.tensors.erase(part.name);
  loaded.tensors.emplace(layout.classifier + ".weight", tensor::lazy(weight));
  return loaded;
}

}  // namespace

std::set<std::string> kept_as_stored(const TextModelSpec& spec, const models::TextModelDescription& described) {
  if (!spec.keeps_stored) return {};
  const auto& layers = described.linear_weights;
  std::set<std::string> names(described.tables.begin(), described.tables.end());
  RIFT_REQUIRE(spec.device.is_cpu(), Code::kUnsupported,
               "model.text.base_weights: as_stored runs on a CPU only; set it to f32");
  const auto frozen = std::max<int64_t>(0, std::ssize(layers) - spec.trained_layers);
  for (int64_t layer = 0; layer < frozen; ++layer) {
    const auto& maps = layers[static_cast<size_t>(layer)];
    names.insert(maps.begin(), maps.end());
  }
  return names;
}

void require_any_stored(const std::map<std::string, checkpoint::StoredMatrix>& stored, const std::string& model) {
  RIFT_REQUIRE(!stored.empty(), Code::kConfig,
               "model.text.base_weights: as_stored: {} holds no matrix in blocks that could stay so; take a "
               "quantised GGUF file, or set it to f32",
               model);
}

models::Pooling resolve_pooling(models::Pooling asked, const checkpoint::HfDirectory& base,
                                const checkpoint::ModelLayout& layout, bool has_pooler, std::string_view key) {
  if (asked != models::Pooling::kAutomatic) return asked;
  if (!base.sentence_transformers || base.sentence_transformers->pooling.empty()) {
    if (layout.head_pooling == name_of(models::Pooling::kLast)) return models::Pooling::kLast;
    return has_pooler ? models::Pooling::kPooler : models::Pooling::kMean;
  }
  const std::string& stated = base.sentence_transformers->pooling;
  for (const auto pooling : {models::Pooling::kCls, models::Pooling::kMean, models::Pooling::kLast}) {
    if (name_of(pooling) == stated) return pooling;
  }
  RIFT_FAIL(Code::kUnsupported, "{}: 1_Pooling asks for '{}', which rift does not have; choose {}: mean, cls or last",
            base.root.string(), shorten(stated), key);
}

TextModel load_text_model(const TextModelSpec& spec) {
  require_whole(spec.directory);
  TextModel result;
  result.base = checkpoint::open_hf_directory(spec.directory);
  result.weights_sha256 = checkpoint::archive_sha256(checkpoint::weights_file(result.base));
  result.pretrained = describe_pretrained(result.base, result.weights_sha256);
  const std::string config_file = result.base.config_path().string();
  const models::TextModelDescription described = models::describe_text_model(result.base.config, config_file);
  const checkpoint::ModelLayout& layout = described.layout;
  const models::TextSizes& sizes = described.sizes;
  result.tokenizer = load_tokenizer(result.base);
  checkpoint::LoadedModel loaded = load_weights(spec, result, described);
  if (spec.keeps_stored) require_any_stored(loaded.stored, result.base.root.string());
  const models::Pooling pooling =
      resolve_pooling(spec.pooling, result.base, layout, loaded.names.has_pooler, spec.pooling_key);
  if (std::holds_alternative<models::LabelTokensOptions>(spec.head.kind)) {
    models::require_reading_of_label_tokens(pooling);
  }
  RIFT_REQUIRE(spec.max_tokens.value_or(0) <= sizes.positions, Code::kConfig,
               "{}: {} tokens, but the model has {} positions; set it to {} at most", spec.max_tokens_key,
               *spec.max_tokens, sizes.positions, sizes.positions);
  result.model = std::make_unique<models::TextClassifier>(models::TextClassifierOptions{.config = result.base.config,
                                                                                        .config_file = config_file,
                                                                                        .pooling = pooling,
                                                                                        .pooling_key = spec.pooling_key,
                                                                                        .outputs = spec.outputs,
                                                                                        .seed = spec.seed,
                                                                                        .device = spec.device},
                                                          loaded.tensors, std::move(loaded.stored));
  result.names = std::move(loaded.names);
  require_fits(*result.tokenizer, result.base, sizes.vocab_size);
  const int64_t new_parameters = spec.encoder_alone ? 0 : std::ssize(result.model->new_parameters());
  log_info("pretrained model loaded",
           {{"model", result.base.root.filename().string()},
            {"licence", licence_of(result.pretrained)},
            {"pooling", name_of(pooling)},
            {"parameters",
             spec.encoder_alone ? encoder_parameters(*result.model) : result.model->parameters().parameter_count()},
            {"dropped", static_cast<int64_t>(result.names.dropped.size())},
            {"new", new_parameters}});
  return result;
}

int64_t encoder_parameters(const models::TextClassifier& model) {
  int64_t count = 0;
  const auto add = [&](const models::Part& part) {
    for (const std::string& name : part.parameters) count += model.parameters().at(name).size;
  };
  add(model.stem());
  std::ranges::for_each(model.layers(), add);
  return count;
}

void hold_in_f32(TextModel& model) {
  const models::TextClassifierOptions options{.config = model.base.config,
                                              .config_file = model.base.config_path().string(),
                                              .pooling = model.model->pooling(),
                                              .outputs = model.model->outputs(),
                                              .device = model.model->parameters().device()};
  model.model = std::make_unique<models::TextClassifier>(options, model.model->merged_tensors());
}

Json describe(const TextModel& model) {
  Json dropped = Json::array();
  for (const auto& entry : model.names.dropped) dropped.push_back(Json{{"name", entry.file_name}, {"why", entry.why}});
  return Json{
      {"name", model.base.root.filename().string()}, {"architecture", model.model->architecture().model_type},
      {"weights_sha256", model.weights_sha256},      {"pretrained", to_json(model.pretrained)},
      {"pooling", name_of(model.model->pooling())},  {"parameters", model.model->parameters().parameter_count()},
      {"new_head", model.model->new_parameters()},   {"dropped", std::move(dropped)},
      {"renamed", names_of(model.names.renamed)}};
}

}  // namespace rift::package
