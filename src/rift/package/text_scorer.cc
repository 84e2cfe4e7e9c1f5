#include "rift/package/text_scorer.h"

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/base/options.h"
#include "rift/checkpoint/load_model.h"
#include "rift/checkpoint/model_directory.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/package/beside.h"
#include "rift/package/engine_precision.h"
#include "rift/package/language_head.h"
#include "rift/package/model_tokenizer.h"
#include "rift/package/special_tokens.h"
#include "rift/score/policy.h"
#include "rift/tensor/aten_threads.h"
#include "rift/tensor/device.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

/// Of classes that are reached step by step and of labels each output has a sigmoid of its own, as that of a binary
/// task.
checkpoint::HeadTask head_task(data::Task task, const objective::Link& link) {
  switch (task) {
    case data::Task::kBinary:
    case data::Task::kMultilabel:
      return checkpoint::HeadTask::kBinary;
    case data::Task::kMulticlass:
      return checkpoint::HeadTask::kMulticlass;
    case data::Task::kOrdinal:
      return link.form == objective::Form::kConditional ? checkpoint::HeadTask::kBinary
                                                        : checkpoint::HeadTask::kMulticlass;
    case data::Task::kRegression:
      return checkpoint::HeadTask::kRegression;
  }
  RIFT_FAIL(Code::kBug, "task without a head");
}

checkpoint::ModelLayout layout_of(const checkpoint::HfDirectory& base) {
  return models::describe_text_model(base.config, base.config_path().string()).layout;
}

TextInputs make_inputs(const TextScorerSpec& spec) {
  return TextInputs(spec.schema, spec.text, spec.tokenizer, spec.max_tokens, token_of_empty_text(spec.base.config));
}

}  // namespace

std::vector<std::string> output_names(const data::Schema& schema, const objective::Link& link) {
  std::vector<std::string> names = schema.class_names;
  if (link.form == objective::Form::kConditional) {
    names.pop_back();
    for (std::string& name : names) name = "> " + name;
    return names;
  }
  if (schema.task == data::Task::kBinary) return {names.size() == 2 ? names[1] : "bad"};
  if (schema.task != data::Task::kRegression) return names;
  const data::Field* label = schema.with_role(data::Role::kLabel);
  const std::string name = label == nullptr ? "prediction" : label->name;
  if (link.form != objective::Form::kQuantiles) return {name};
  names.clear();
  for (const double level : link.levels) names.push_back(name + "_" + score::quantile_column(level));
  return names;
}

objective::Link link_of_part(const Json& part) {
  const Json* link = part.find("link");
  return link == nullptr ? objective::Link{} : objective::link_from_json(*link);
}

models::Pooling parse_pooling(std::string_view name, std::string_view source) {
  const auto found = value_named<models::Pooling>(name);
  RIFT_REQUIRE(found && *found != models::Pooling::kAutomatic, Code::kArtefact,
               "{}: pooling '{}': expected pooler, cls, mean or last", source, shorten(name));
  return *found;
}

TextScorer::TextScorer(TextScorerSpec spec) : spec_(std::move(spec)), inputs_(make_inputs(spec_)) {
  RIFT_CHECK(spec_.model != nullptr && spec_.model->outputs() == spec_.link.head_outputs(spec_.schema.outputs()));
}

std::unique_ptr<TextScorer> TextScorer::load(const fs::path& package, const Json& part, const data::Schema& schema,
                                             const std::string& device) {
  TextScorerSpec spec;
  spec.schema = schema;
  spec.device = tensor::parse_device(device);
  const std::string source = (package / "rift.json").string();
  read_options(part.at("text"), source, spec.text, "model.text");
  spec.max_tokens = part.at("max_tokens").as_int();
  RIFT_REQUIRE(spec.max_tokens >= 3, Code::kArtefact, "{}: max_tokens: expected 3 or more, got {}", source,
               spec.max_tokens);
  const models::Pooling pooling = parse_pooling(part.at("pooling").as_string(), source);
  spec.base = checkpoint::open_hf_directory(package);
  spec.link = link_of_part(part);
  const int64_t outputs = spec.link.head_outputs(schema.outputs());
  const checkpoint::ModelLayout layout = layout_of(spec.base);
  const checkpoint::LoadedModel loaded = checkpoint::load_model(
      spec.base, layout, {.num_labels = outputs, .require_pooler = pooling == models::Pooling::kPooler});
  RIFT_REQUIRE(loaded.names.new_head.empty(), Code::kArtefact,
               "{}: the package has no whole head with {} outputs; it is not complete",
               (package / "model.safetensors").string(), outputs);
  spec.model = std::make_unique<models::TextClassifier>(
      models::TextClassifierOptions{.config = spec.base.config,
                                    .config_file = spec.base.config_path().string(),
                                    .pooling = pooling,
                                    .outputs = outputs,
                                    .device = spec.device},
      loaded.tensors);
  spec.tokenizer = load_tokenizer(spec.base);
  if (const Json* pretrained = part.find("pretrained")) spec.pretrained = pretrained_from_json(*pretrained);
  if (const Json* adapter = part.find("adapter"); adapter != nullptr && adapter->as_bool()) {
    spec.adapter = checkpoint::read_peft_directory(package / kAdapterFolder, layout);
  }
  spec.beside = read_beside(package, *spec.model);
  if (const Json* changes = part.find("precisions")) spec.precisions = score::precision_changes_from_json(*changes);
  return std::make_unique<TextScorer>(std::move(spec));
}

score::RawScores TextScorer::score(const data::Table& rows) const { return score(inputs_.encode(rows)); }

score::RawScores TextScorer::logits_of(const EncodedRows& rows, score::Precision precision) const {
  tensor::apply_threads();
  const nn::ForwardContext context{.precision = computed_in(precision)};
  const int64_t outputs = spec_.model->outputs();
  const std::vector<float> logits = map_rows(rows, outputs, spec_.device, [&](const tensor::PackedBatch& batch) {
    return spec_.model->forward(batch, context);
  });
  return scores_of({logits.begin(), logits.end()});
}

score::RawScores TextScorer::scores_of(std::vector<double> logits) const {
  const int64_t outputs = spec_.model->outputs();
  score::RawScores raw = no_scores();
  raw.rows = static_cast<int64_t>(logits.size()) / outputs;
  raw.values = spec_.link.apply(std::move(logits), outputs);
  return raw;
}

score::RawScores TextScorer::no_scores() const {
  const bool has_levels = spec_.link.form == objective::Form::kQuantiles;
  return {.outputs = has_levels ? spec_.model->outputs() : spec_.schema.outputs(),
          .levels = spec_.link.levels,
          .variance_power = spec_.link.variance_power};
}

bool TextScorer::use_precision(score::Precision precision) {
  require_engine(spec_.model->encoder(), precision);
  spec_.precision = precision;
  return true;
}

void TextScorer::require_measured(score::Precision precision) const {
  if (precision == score::Precision::kF32) return;
  require_engine(spec_.model->encoder(), precision);
  const score::PrecisionChange& change = score::require_within_bounds(spec_.precisions, precision);
  log_info("scoring in another precision than f32",
           {{"precision", name_of(precision)}, {"changes", score::description(change)}});
}

void TextScorer::measure_precisions(const data::Table& table, const score::MeasuredRows& rows) {
  spec_.precisions.clear();
  if (table.rows == 0 || !spec_.model->encoder().why_not_fused().empty()) return;
  const EncodedRows encoded = inputs_.encode(table);
  const score::RawScores f32 = logits_of(encoded, score::Precision::kF32);
  for (const score::Precision precision : {score::Precision::kBf16, score::Precision::kInt8}) {
    spec_.precisions.push_back(score::measure_change(rows, f32, precision, logits_of(encoded, precision)));
  }
}

Json TextScorer::save(const fs::path& package) const {
  checkpoint::ModelDirectorySpec directory;
  directory.base = spec_.base;
  directory.layout = layout_of(spec_.base);
  directory.tensors = spec_.model->merged_tensors();
  directory.pooling = name_of(spec_.model->pooling());
  if (directory.layout.head_pooling == name_of(models::Pooling::kLast)) {
    directory.padding = padding_token(spec_.base.config, *spec_.tokenizer);
  }
  directory.task = head_task(spec_.schema.task, spec_.link);
  directory.labels = output_names(spec_.schema, spec_.link);
  directory.max_tokens = spec_.max_tokens;
  checkpoint::write_model_directory(package, directory);
  write_gguf_tokenizer(spec_.base, package);
  keep_language_head(spec_.base, directory.layout, package);
  write_pretrained(package, spec_.pretrained, spec_.base.root);
  if (!spec_.fisher.empty()) checkpoint::write_tensors(package / kFisherFile, spec_.fisher);
  if (spec_.beside) write_beside(package, *spec_.beside, *spec_.model);
  if (spec_.adapter) {
    fs::create_directories(package / kAdapterFolder);
    checkpoint::write_peft_directory(package / kAdapterFolder, *spec_.adapter, directory.layout);
  }
  Json part{{"kind", name()},
            {"text", write_options(spec_.text)},
            {"max_tokens", spec_.max_tokens},
            {"pooling", name_of(spec_.model->pooling())},
            {"outputs", spec_.model->outputs()},
            {"adapter", spec_.adapter.has_value()},
            {"pretrained", to_json(spec_.pretrained)}};
  if (spec_.link.form != objective::Form::kAsItIs) part["link"] = objective::to_json(spec_.link);
  if (!spec_.precisions.empty()) part["precisions"] = score::to_json(spec_.precisions);
  return part;
}

}  // namespace rift::package
