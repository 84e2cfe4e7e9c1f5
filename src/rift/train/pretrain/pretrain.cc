#include "rift/train/pretrain/pretrain.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/checkpoint/load_model.h"
#include "rift/checkpoint/model_directory.h"
#include "rift/package/execution.h"
#include "rift/tensor/aten_threads.h"
#include "rift/tensor/device.h"
#include "rift/train/parameter_groups.h"
#include "rift/train/precision.h"
#include "rift/train/pretrain/language_start.h"
#include "rift/train/pretrain/language_task.h"
#include "rift/train/pretrain/token_cache.h"
#include "rift/train/run_origin.h"
#include "rift/train/trainer.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kRowsReadBack = 4;  // by the model that was written
const objective::AnchorOptions kNoAnchor;

/// The documents as tokens: their words are in it, so it goes with the run, however that ends.
struct TokenFolder {
  explicit TokenFolder(fs::path folder) : path(std::move(folder)) {}
  TokenFolder(const TokenFolder&) = delete;
  TokenFolder& operator=(const TokenFolder&) = delete;
  ~TokenFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  const fs::path path;
};

/// One pretraining from the documents to the model's directory.
class Pretraining {
 public:
  explicit Pretraining(const PretrainSpec& spec)
      : spec_(spec),
        options_(spec.options),
        documents_(documents_of(spec.options.data, spec.base_directory)),
        start_(start_language_model({.options = spec.options,
                                     .documents = documents_,
                                     .base_directory = spec.base_directory,
                                     .directory = spec.directory,
                                     .device = tensor::parse_device(spec.device)})) {
    const std::string why_not_fused = model().encoder().why_not_fused();
    options_.train.precision = resolved(options_.train.precision, why_not_fused);
    require_batch_memory(options_.train.batch_memory_mib, why_not_fused);
  }

  Json run() {
    const TokenFolder tokens(spec_.directory / "tokens");
    const fs::path& folder = tokens.path;
    const TokenCacheCounts counts = write_tokens(folder);
    const TokenStore train(folder, kTrainRows), held_out(folder, kHeldOutRows);
    LanguageTask task({.train = train,
                       .held_out = held_out,
                       .masker = masks() ? std::optional(masker()) : std::nullopt,
                       .seed = seed(),
                       .device = tensor::parse_device(spec_.device)},
                      model());
    const std::optional<Evaluation> before = task.evaluate();
    const TrainerResult result = run_trainer(task, trainer_spec(origin(counts)));
    publish(train);
    Json json = summary(counts, result);
    json["start"] = before ? before->figures : Json();
    return json;
  }

 private:
  uint64_t seed() const { return static_cast<uint64_t>(options_.train.seed); }
  models::LanguageModel& model() { return *start_.model; }
  bool masks() { return model().objective() == models::LanguageObjective::kMaskedToken; }

  TokenMasker masker() const {
    return make_masker({.share = options_.pretrain.mask_share, .whole_word = options_.pretrain.whole_word},
                       *start_.tokenizer, start_.special);
  }

  TokenCacheCounts write_tokens(const fs::path& folder) {
    const CutRule rule{
        .objective = model().objective(), .max_tokens = options_.model.text.max_tokens, .special = start_.special};
    RIFT_REQUIRE(rule.max_tokens >= least_max_tokens(rule), Code::kConfig,
                 "model.text.max_tokens: {} leave no room for text beside the special tokens; give at least {}",
                 rule.max_tokens, least_max_tokens(rule));
    require_writable_directory(folder);
    const TokenCacheCounts counts =
        write_token_cache(folder, {.source = documents_,
                                   .tokenizer = *start_.tokenizer,
                                   .rule = rule,
                                   .held_out = options_.pretrain.held_out,
                                   .split_seed = static_cast<uint64_t>(options_.pretrain.held_out_seed)});
    log_info("documents read", {{"documents", counts.documents},
                                {"blank", counts.blank},
                                {"rejected", counts.rejected},
                                {"rows", counts.train_rows},
                                {"tokens", counts.train_tokens},
                                {"held_out_rows", counts.held_out_rows}});
    return counts;
  }

  /// As run_origin() of a fine-tuning.
  Json origin(const TokenCacheCounts& counts) const {
    return Json{{"settings", Json{{"pretrain", write_options(options_.pretrain)},
                                  {"max_tokens", options_.model.text.max_tokens},
                                  {"optim", lasting_settings(options_.optim)},
                                  {"train", lasting_settings(options_.train)}}},
                {"rows", counts.digest},
                {"model", Json{{"weights", start_.weights_sha256}, {"config", start_.base.config}}},
                {"libraries", libraries()}};
  }

  TrainerSpec trainer_spec(const Json& origin) {
    const std::vector<std::string>& head = model().head().parameters;
    std::vector<std::string> encoder;
    for (const nn::Parameter& parameter : model().parameters().parameters()) {
      if (std::ranges::find(head, parameter.name) == head.end()) encoder.push_back(parameter.name);
    }
    return {.optim = options_.optim,
            .anchor = kNoAnchor,
            .train = options_.train,
            .precision = precision_of(options_.train.precision),
            .groups = make_groups(
                model().parameters(), options_.optim, encoder, head,
                layer_rates(model().encoder().stem(), model().encoder().layers(), options_.optim.layer_decay)),
            .directory = spec_.directory,
            .shuffle = Shuffle::kCounted,
            .resume = spec_.resume,
            .run = origin,
            .machine = package::describe_execution(spec_.device),
            .progress_name = "pretraining"};
  }

  void publish(const TokenStore& rows) {
    StagedDirectory staged(spec_.directory / "model");
    checkpoint::write_language_directory(staged.path(), {.base = start_.base,
                                                         .layout = start_.layout,
                                                         .tensors = model().tensors(),
                                                         .max_tokens = options_.model.text.max_tokens});
    if (start_.pretrained) {
      package::write_pretrained(staged.path(), *start_.pretrained, start_.base.root, {.made = "trained further"});
    } else {
      package::write_card_from_scratch(staged.path());
    }
    require_equal_logits(staged.path(), rows);
    staged.publish();
  }

  /// What was written says of some rows what the model in memory says.
  void require_equal_logits(const fs::path& directory, const TokenStore& rows) {
    const at::NoGradGuard no_gradient;
    const checkpoint::HfDirectory opened = checkpoint::open_hf_directory(directory);
    const checkpoint::LoadedModel loaded = checkpoint::load_model(opened, start_.layout, {.language_head = true});
    const c10::Device device = tensor::parse_device(spec_.device);
    const models::LanguageModel again({.config = opened.config, .device = device}, loaded.tensors);
    tensor::TokenRows some;
    std::vector<int32_t> ids;
    for (int64_t row = 0; row < std::min(rows.rows(), kRowsReadBack); ++row) {
      rows.read(row, ids);
      some.add_row(ids, rows.origin(row).key);
    }
    const tensor::PackedBatch batch = tensor::make_packed_batch(some, device);
    const auto logits = [&](const models::LanguageModel& model) {
      return model.language_head().logits(model.encoder().forward(batch, {}));
    };
    RIFT_CHECK(at::equal(logits(again), logits(model())));
  }

  Json summary(const TokenCacheCounts& counts, const TrainerResult& result) {
    return Json{{"model", describe(start_)},
                {"objective", masks() ? "masked_token" : "next_token"},
                {"max_tokens", options_.model.text.max_tokens},
                {"precision", name_of(options_.train.precision)},
                {"data", to_json(counts)},
                {"seed", options_.train.seed},
                {"steps", result.steps},
                {"total_steps", result.total_steps},
                {"epochs", result.epochs},
                {"stopped_early", result.stopped_early},
                {"best", result.best_evaluation},
                {"evaluations", result.evaluations},
                {"last_step", result.last_step},
                {"soup", result.soup}};
  }

  const PretrainSpec& spec_;
  PretrainOptions options_;  // of spec_, with the precision of this machine
  DocumentSource documents_;
  LanguageStart start_;
};

}  // namespace

Json pretrain(const PretrainSpec& spec) {
  tensor::apply_threads();
  require_writable_directory(spec.directory);
  return Pretraining(spec).run();
}

}  // namespace rift::train
