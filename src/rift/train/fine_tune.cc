#include "rift/train/fine_tune.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/base/peak_memory.h"
#include "rift/base/stopwatch.h"
#include "rift/package/backbone.h"
#include "rift/package/execution.h"
#include "rift/package/special_tokens.h"
#include "rift/package/text_model.h"
#include "rift/package/text_scorer.h"
#include "rift/tensor/aten_threads.h"
#include "rift/tensor/device.h"
#include "rift/train/adapter_start.h"
#include "rift/train/parameter_groups.h"
#include "rift/train/precision.h"
#include "rift/train/pretrained_knowledge.h"
#include "rift/train/run_origin.h"
#include "rift/train/sampling.h"
#include "rift/train/text_task.h"
#include "rift/train/trainer.h"
#include "rift/tuning/beside.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"

namespace rift::train {
namespace {

constexpr int64_t kMostMeasuredRows = 10'000;  // on which bf16 and int8 are compared with f32

Json describe_rows(const LabelledRows& rows) {
  int64_t longest = 0;
  for (int64_t row = 0; row < rows.inputs.rows(); ++row) longest = std::max(longest, rows.inputs.tokens(row));
  return Json{{"rows", rows.inputs.rows()},
              {"tokens", static_cast<int64_t>(rows.inputs.ids.size())},
              {"longest", longest},
              {"truncated", rows.inputs.truncated()}};
}

/// At most kMostMeasuredRows of `rows`, evenly spread.
std::vector<int64_t> some_of(std::span<const int64_t> rows) {
  const auto all = static_cast<int64_t>(rows.size());
  const int64_t count = std::min(all, kMostMeasuredRows);
  std::vector<int64_t> some;
  for (int64_t i = 0; i < count; ++i) some.push_back(rows[static_cast<size_t>(i * all / count)]);
  return some;
}

/// It goes onto the backbone.
bool starts_from_adapter(const FineTuneSpec& spec) { return spec.init_from && is_adapter(*spec.init_from); }

/// Where the weights come from: the package of `init_from`, which may lie in a run's directory, else the backbone.
std::filesystem::path pretrained_directory(const FineTuneSpec& spec) {
  if (!spec.init_from || starts_from_adapter(spec)) return package::resolve_backbone(spec.options.text.backbone, {});
  std::error_code ignored;
  const std::filesystem::path inner = *spec.init_from / "package";
  return std::filesystem::is_directory(inner, ignored) ? inner : *spec.init_from;
}

/// Label tokens are those of classes with a logit each.
models::HeadStartOptions head_start(const FineTuneSpec& spec, const objective::Link& link) {
  if (spec.init_from && !starts_from_adapter(spec)) return {};  // a package has a head of its own
  const bool is_linear = std::holds_alternative<models::LinearHeadOptions>(spec.options.text.head.kind);
  const bool has_tokens = link.form == objective::Form::kAsItIs && spec.dataset.schema.task != data::Task::kMultilabel;
  RIFT_REQUIRE(
      is_linear || has_tokens, Code::kConfig,
      "model.text.head: label_tokens start a head with a logit for each class, and {} of a task that is {} has "
      "another; leave it out",
      spec.options.objective.loss.name(), data::task_name(spec.dataset.schema.task));
  return spec.options.text.head;
}

/// One fine-tuning from the pretrained files to the scorer.
class FineTuning {
 public:
  explicit FineTuning(const FineTuneSpec& spec)
      : spec_(spec),
        options_(spec.options),
        loss_(objective::resolve_loss(spec.options.objective.loss, target_of(spec.dataset.schema.task))),
        link_(objective::link_of(loss_)),
        device_(tensor::parse_device(spec.device)),
        text_(package::load_text_model(
            {.directory = pretrained_directory(spec),
             .pooling = spec.options.text.pooling,
             .max_tokens = spec.options.text.max_tokens,
             .outputs = objective::head_outputs(loss_, target_of(schema().task), schema().classes()),
             .keeps_stored = spec.options.text.base_weights == BaseWeights::kAsStored,
             .trained_layers = spec.options.tuning.trained_layers(),
             .head = head_start(spec, link_),
             .classes = spec.dataset.schema.class_names,
             .seed = seed(),
             .device = device_})),
        weights_(text_.weights_sha256),
        new_parameters_(text_.model->new_parameters()),
        inputs_(spec.dataset.schema, spec.options.text.text, text_.tokenizer, spec.options.text.max_tokens,
                package::token_of_empty_text(text_.base.config)),
        applied_(tuning::apply(spec.options.tuning, *text_.model, seed())) {
    const std::string why_not_fused = text_.model->encoder().why_not_fused();
    stages();  // refused before rows are encoded
    require_effect_of_layer_options();
    if (starts_from_adapter(spec)) take_adapter();
    require_room_for_virtual_tokens();
    options_.train.precision = resolved(spec.options.train.precision, why_not_fused);
    require_batch_memory(spec.options.train.batch_memory_mib, why_not_fused);
    log_info("tuning", {{"method", options_.tuning.method_name()},
                        {"what", applied_.description},
                        {"execution", why_not_fused.empty() ? "fused" : "plain: " + why_not_fused},
                        {"precision", name_of(options_.train.precision)}});
  }

  FineTuned run() {
    draw_sample();
    LabelledRows train = take(sample_ ? sample_->rows : spec_.train);
    LabelledRows validation = take(spec_.validation);
    rows_ = Json{{"train", describe_rows(train)}, {"validation", describe_rows(validation)}};
    if (regression()) scale_labels(train);
    start_from_head();
    described_ = package::describe(text_);
    described_["new_head"] = new_parameters_;
    knowledge_.emplace(PretrainedKnowledge::Spec{.options = options_,
                                                 .text = text_,
                                                 .new_parameters = new_parameters_,
                                                 .scratch = scratch(),
                                                 .device = device_});
    const Json origin = run_origin({.options = options_,
                                    .train = train,
                                    .validation = validation,
                                    .weights_sha256 = weights_,
                                    .config = text_.base.config,
                                    .pooling = text_.model->pooling(),
                                    .texts = knowledge_->digests(),
                                    .made_from = spec_.made_from});
    TextTask task({.task = schema().task,
                   .class_names = schema().class_names,
                   .train = std::move(train),
                   .validation = std::move(validation),
                   .scale = scale_,
                   .link = link_,
                   .prior_shift = sample_ ? sample_->shift() : 0.0,
                   .objective = options_.objective,
                   .stop_metric = options_.train.early_stopping.metric,
                   .device = device_,
                   .precision = precision_of(options_.train.precision),
                   .kept = kept_budget(),
                   .replay = knowledge_->replay(),
                   .forgetting = knowledge_->forgetting(),
                   .store = spec_.shared == nullptr ? nullptr : &spec_.shared->store()},
                  *text_.model);
    const TrainerResult result = run_trainer(task, trainer_spec(origin));
    if (Forgetting* forgetting = knowledge_->forgetting()) forgotten_ = forgetting->figures();
    if (is_linear_amount()) text_.model->rescale_outputs(scale_.deviation, scale_.mean);
    if (sample_) text_.model->rescale_outputs(1.0, sample_->shift());
    return_free_memory();  // a step's activations: what publishing holds are whole tensors
    FineTuned done;
    done.summary = summary(task, result);
    auto scorer = make_scorer();
    if (spec_.measures_precisions) {
      measure_precisions(*scorer);
      if (!scorer->precisions().empty()) done.summary["precisions"] = score::to_json(scorer->precisions());
    }
    done.scorer = std::move(scorer);
    return done;
  }

 private:
  uint64_t seed() const { return static_cast<uint64_t>(options_.train.seed); }
  const data::Schema& schema() const { return spec_.dataset.schema; }
  bool regression() const { return schema().task == data::Task::kRegression; }
  bool is_linear_amount() const { return regression() && link_.form == objective::Form::kAsItIs; }

  LabelledRows take(std::span<const int64_t> rows) {
    if (spec_.shared == nullptr) return take_rows(spec_.dataset, rows, inputs_);
    RowStore& store = spec_.shared->store();
    const Json made_from{{"text", write_options(options_.text.text)},
                         {"max_tokens", options_.text.max_tokens},
                         {"weights", text_.weights_sha256},
                         {"pooling", name_of(text_.model->pooling())}};
    store.use(inputs_, to_json_text(made_from));
    return label_rows(spec_.dataset, rows, store.encoded(rows));
  }

  /// The rows of a binary task that train.good_per_bad keeps. The correction of their log-odds is the head's to hold,
  /// so that every export has it.
  void draw_sample() {
    if (options_.train.good_per_bad == 0) return;
    RIFT_REQUIRE(schema().task == data::Task::kBinary, Code::kConfig,
                 "train.good_per_bad: only task: binary has good and bad rows, this task is {}; leave it out",
                 data::task_name(schema().task));
    RIFT_REQUIRE(text_.model->head_has_bias(), Code::kUnsupported,
                 "train.good_per_bad: the head of this architecture has no bias to hold the correction of the "
                 "log-odds; leave it out, or take a model whose head has one");
    sample_ = sample_rows(spec_.dataset, spec_.train, options_.train.good_per_bad, seed());
    log_info("a sample of the training rows", {{"rows", static_cast<int64_t>(sample_->rows.size())},
                                               {"base_rate", sample_->base_rate},
                                               {"sampled_rate", sample_->sampled_rate}});
  }

  /// So that the head learns numbers around 0 and 1, or around the logarithm of 1.
  void scale_labels(const LabelledRows& train) {
    scale_ = metrics::label_scale(train.label, train.weight).value_or(metrics::LabelScale{});
    if (link_.form == objective::Form::kPositive) {
      RIFT_REQUIRE(scale_.mean > 0, Code::kData,
                   "objective.loss: {}: the mean of the training labels is not above 0, so it has no logarithm",
                   loss_.name());
      scale_ = {.mean = 0.0, .deviation = scale_.mean};
    }
    // A decoder's head cannot take the mean up afterwards.
    if (is_linear_amount() && !text_.model->head_has_bias()) scale_.mean = 0;
  }

  /// A head that was there before speaks in the label's unit, or in that of the package it comes from.
  void start_from_head() {
    const bool is_new = std::ranges::any_of(text_.model->head().parameters, [&](const std::string& name) {
      return std::ranges::find(new_parameters_, name) != new_parameters_.end();
    });
    const objective::Link before = is_new ? link_ : link_before();
    RIFT_REQUIRE(before.form == link_.form, Code::kConfig,
                 "objective.loss: {} wants another head than that of {}, whose outputs are '{}'; name the loss that it "
                 "was made with",
                 loss_.name(), pretrained_directory(spec_).filename().string(), name_of(before.form));
    if (link_.form != objective::Form::kAsItIs) {
      if (!is_new) scale_ = {.mean = before.shift, .deviation = before.scale};
      link_.shift = scale_.mean;
      link_.scale = scale_.deviation;
    } else if (!is_new && regression()) {
      text_.model->rescale_outputs(1.0 / scale_.deviation, -scale_.mean / scale_.deviation);
    } else if (!is_new && sample_) {
      text_.model->rescale_outputs(1.0, -sample_->shift());
    }
  }

  objective::Link link_before() const {
    const std::filesystem::path description = pretrained_directory(spec_) / "rift.json";
    if (!std::filesystem::exists(description)) return {.form = link_.form};
    const Json package = read_json(description);
    const Json* part = package.find("model");
    return part == nullptr ? objective::Link{.form = link_.form} : package::link_of_part(*part);
  }

  nn::ParameterStore& store() { return text_.model->parameters(); }

  std::filesystem::path scratch() const {
    return spec_.directory.empty() ? std::filesystem::temp_directory_path() : spec_.directory;
  }

  KeptBudget kept_budget() const {
    const KeptStatesOptions& room = options_.train.kept_states;
    return {.memory_bytes = room.memory_mib << 20, .disk_bytes = room.disk_mib << 20, .folder = scratch()};
  }

  TrainerSpec trainer_spec(const Json& origin) {
    return {.optim = options_.optim,
            .anchor = options_.objective.anchor,
            .train = options_.train,
            .precision = precision_of(options_.train.precision),
            .groups = make_groups(store(), options_.optim, applied_.encoder, applied_.head, rate_factors()),
            .stages = stages(),
            .anchored = knowledge_->held(),
            .rates = knowledge_->rates(),
            .directory = spec_.directory,
            .resume = spec_.resume,
            .overwrite = spec_.overwrite,
            .run = origin,
            .machine = package::describe_execution(spec_.device),
            .progress_name = spec_.progress_name,
            .observer = spec_.observer};
  }

  /// What the adapter holds of head and pooler is not new then.
  void take_adapter() {
    const AdapterStart start = start_from_adapter(*spec_.init_from, options_.tuning, text_);
    weights_ += start.digests;
    std::erase_if(new_parameters_, [&](const std::string& name) { return start.held.contains(name); });
    if (std::ranges::none_of(text_.model->head().parameters, [&](auto& name) { return start.held.contains(name); }))
      return;
    RIFT_REQUIRE(std::holds_alternative<models::LinearHeadOptions>(options_.text.head.kind), Code::kConfig,
                 "model.text.head: label_tokens start a head, and the adapter of --init-from brings one; leave it out");
    RIFT_REQUIRE(link_.form == objective::Form::kAsItIs || link_.form == objective::Form::kConditional,
                 Code::kUnsupported,
                 "objective.loss: {} keeps the label's scale beside the head, which an adapter in PEFT's form does not "
                 "hold; start from a package",
                 loss_.name());
  }

  /// Where the encoder stays, nothing is computed again on the way back and no layer has a rate.
  void require_effect_of_layer_options() const {
    if (encoder_moves(*text_.model)) return;
    constexpr const char* kStays = "nothing of the encoder moves under this tuning.method, so that it would do nothing";
    RIFT_REQUIRE(!options_.train.gradient_checkpointing, Code::kConfig,
                 "train.gradient_checkpointing: {}; leave it out", kStays);
    RIFT_REQUIRE(options_.optim.layer_decay == 1, Code::kConfig, "optim.layer_decay: {}; leave it out", kStays);
  }

  /// So that it is not a long row in the middle of the run that finds it out.
  void require_room_for_virtual_tokens() const {
    const models::Additions& additions = std::as_const(*text_.model).additions();
    const nn::Parameter* laid = additions.prompt != nullptr ? additions.prompt : additions.prefix;
    if (laid == nullptr) return;
    const int64_t positions = text_.model->encoder().sizes().positions;
    RIFT_REQUIRE(options_.text.max_tokens + laid->shape[0] <= positions, Code::kConfig,
                 "tuning.tokens: {} virtual tokens before rows of model.text.max_tokens, which are {}, need more than "
                 "the model's {} positions; lower one of them",
                 laid->shape[0], options_.text.max_tokens, positions);
  }

  /// When the method's stages after the first begin. Throws kConfig where the run ends before the last of them.
  std::vector<TrainingStage> stages() const {
    std::vector<TrainingStage> stages;
    const auto* gradual = std::get_if<tuning::GradualOptions>(&options_.tuning.method);
    if (gradual == nullptr) return stages;
    const auto count = static_cast<double>(applied_.stages.size() + 1);
    const double epochs = gradual->epochs_per_stage.value_or(options_.optim.epochs / count);
    RIFT_REQUIRE(
        epochs * (count - 1) < options_.optim.epochs, Code::kConfig,
        "tuning.epochs_per_stage: {} stages of {} epochs need more than {} epochs, and optim.epochs is {}; raise "
        "it or tuning.layers_per_stage, or leave epochs_per_stage out",
        count, epochs, epochs * (count - 1), options_.optim.epochs);
    for (const std::vector<std::string>& parameters : applied_.stages) {
      stages.push_back({epochs * static_cast<double>(stages.size() + 1), parameters});
    }
    return stages;
  }

  RateFactors rate_factors() const {
    RateFactors factors = layer_rates(*text_.model, options_.optim.layer_decay);
    for (const auto& [name, factor] : applied_.rates) {
      factors.emplace(name, 1.0).first->second *= factor;
    }
    return factors;
  }

  Json summary(const TextTask& task, const TrainerResult& result) {
    Json json = {{"model", described_}};
    json["max_tokens"] = options_.text.max_tokens;
    json["pooling"] = name_of(text_.model->pooling());
    json["tuning"] = Json{{"method", options_.tuning.method_name()},
                          {"description", applied_.description},
                          {"trainable", store().trainable_count()}};
    json["precision"] = name_of(options_.train.precision);
    json["rows"] = rows_;
    json["loss"] = task.loss().name();
    if (schema().task != data::Task::kRegression)
      json["outputs_are_probabilities"] = objective::gives_probabilities(task.loss()) && task.class_weights().empty();
    if (!task.class_weights().empty()) json["class_weights"] = task.class_weights();
    if (link_.form != objective::Form::kAsItIs) json["link"] = objective::to_json(link_);
    if (regression()) json["label_scale"] = Json{{"mean", scale_.mean}, {"deviation", scale_.deviation}};
    if (sample_) json["sample"] = to_json(*sample_);
    json["seed"] = options_.train.seed;
    json["init_from"] = spec_.init_from ? Json(spec_.init_from->filename().string()) : Json();
    json["steps"] = result.steps;
    json["total_steps"] = result.total_steps;
    json["epochs"] = result.epochs;
    json["stopped_early"] = result.stopped_early;
    json["best"] = result.best_evaluation;
    json["evaluations"] = result.evaluations;
    json["last_step"] = result.last_step;
    if (!result.soup.is_null()) json["soup"] = result.soup;
    if (!forgotten_.is_null()) json["forgetting"] = forgotten_;
    return json;
  }

  /// On validation rows; on training rows where there are none.
  void measure_precisions(package::TextScorer& scorer) const {
    const bool validated = !spec_.validation.empty();
    const std::vector<int64_t> chosen = some_of(validated ? spec_.validation : spec_.train);
    score::MeasuredRows rows{.task = schema().task, .rows_from = validated ? "validation" : "training"};
    for (const int64_t row : chosen) {
      const auto at = static_cast<size_t>(row);
      rows.label.push_back(spec_.dataset.label[at]);
      if (!spec_.dataset.weight.empty()) rows.weight.push_back(spec_.dataset.weight[at]);
    }
    scorer.measure_precisions(data::take(spec_.dataset.table, chosen), rows);
    for (const score::PrecisionChange& change : scorer.precisions()) {
      const std::string beyond = score::beyond_bounds(change);
      log_info(beyond.empty() ? "scoring in this precision is possible" : "scoring in this precision will be refused",
               {{"precision", name_of(change.precision)},
                {"changes", score::description(change)},
                {"beyond", beyond.empty() ? "no bound" : beyond}});
    }
  }

  std::unique_ptr<package::TextScorer> make_scorer() {
    package::TextScorerSpec scorer;
    scorer.schema = schema();
    scorer.text = options_.text.text;
    scorer.max_tokens = options_.text.max_tokens;
    scorer.tokenizer = text_.tokenizer;
    scorer.fisher = knowledge_->fisher();
    knowledge_.reset();  // it looks at the model, which goes
    scorer.adapter = tuning::adapter_of(*text_.model, options_.tuning);
    if (scorer.adapter) {
      scorer.adapter->config.base_model = text_.base.root.filename().string();
    }
    if (options_.tuning.merges()) {
      tuning::merge(*text_.model);
    } else {
      scorer.beside = options_.tuning;
    }
    if (options_.text.base_weights == BaseWeights::kAsStored) {
      const tensor::TensorMap beside = tuning::tensors_beside(*text_.model);
      package::hold_in_f32(text_);
      if (scorer.beside) tuning::lay_beside(*scorer.beside, *text_.model, beside);
    }
    scorer.base = std::move(text_.base);
    scorer.pretrained = std::move(text_.pretrained);
    scorer.model = std::move(text_.model);
    scorer.link = link_;
    scorer.device = device_;
    return std::make_unique<package::TextScorer>(std::move(scorer));
  }

  const FineTuneSpec& spec_;
  FineTuneOptions options_;  // of spec_, with the precision of this machine
  objective::LossOptions loss_;
  objective::Link link_;
  c10::Device device_;
  package::TextModel text_;
  std::string weights_;  // digests of what the run starts from
  std::vector<std::string> new_parameters_;
  package::TextInputs inputs_;
  tuning::Applied applied_;
  metrics::LabelScale scale_;
  std::optional<Sample> sample_;
  Json rows_;
  Json described_;  // the model, before a language head stands beside its own
  std::optional<PretrainedKnowledge> knowledge_;
  Json forgotten_;  // of what is published
};

}  // namespace

FineTuned fine_tune(const FineTuneSpec& spec) {
  const Stopwatch watch;
  tensor::apply_threads();
  if (!spec.directory.empty()) require_writable_directory(spec.directory);
  FineTuned done = FineTuning(spec).run();
  done.seconds = watch.seconds();
  return done;
}

}  // namespace rift::train
