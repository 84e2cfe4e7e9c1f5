#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/options.h"
#include "rift/encode/text/row_text.h"
#include "rift/models/options.h"
#include "rift/objective/options.h"
#include "rift/optim/options.h"
#include "rift/tuning/options.h"

/// run.yaml's `train:` and what a fine-tuning needs together. Torch-free.
namespace rift::train {

/// What the encoder's layers multiply while training. Parameters, sums, the optimizer and scoring stay in f32.
/// kAutomatic: see train/precision.h.
enum class Precision { kAutomatic, kF32, kBf16 };
constexpr auto enum_names(Precision) {
  return std::to_array<EnumName<Precision>>(
      {{Precision::kAutomatic, "auto"}, {Precision::kF32, "f32"}, {Precision::kBf16, "bf16"}});
}
constexpr auto later_names(Precision) { return std::to_array<std::string_view>({"f16"}); }

/// Metric that early stopping and the best checkpoint follow, on the validation rows.
/// kAutomatic: auc (binary), log_loss (several classes), loss (regression).
enum class StopMetric { kAutomatic, kAuc, kLogLoss, kAccuracy, kMacroF1, kLoss };
constexpr auto enum_names(StopMetric) {
  return std::to_array<EnumName<StopMetric>>({{StopMetric::kAutomatic, "automatic"},
                                              {StopMetric::kAuc, "auc"},
                                              {StopMetric::kLogLoss, "log_loss"},
                                              {StopMetric::kAccuracy, "accuracy"},
                                              {StopMetric::kMacroF1, "macro_f1"},
                                              {StopMetric::kLoss, "loss"}});
}

struct EarlyStoppingOptions {
  StopMetric metric = StopMetric::kAutomatic;
  int64_t patience = 3;
  template <class V>
  void visit(V& v) {
    v("metric", metric, "Validation metric that decides.");
    v("patience", patience,
      "Evaluations without improvement before the run stops, of gradual those after its last stage has begun; 0 = "
      "never "
      "stop early.",
      at_least(0));
  }
};

/// Only where layers are frozen; losses are the same whatever the room.
struct KeptStatesOptions {
  int64_t memory_mib = 1024;
  int64_t disk_mib = 0;
  template <class V>
  void visit(V& v) {
    v("memory_mib", memory_mib, "Memory, in MiB; 0 = none.", at_least(0));
    v("disk_mib", disk_mib, "File beside the run for rows that do not fit into it, in MiB; 0 = none.", at_least(0));
  }
};

/// How much of what the pretrained model knew a fine-tuning costs (train/forgetting.h).
struct ForgettingOptions {
  objective::UnlabelledTexts source;
  int64_t rows = 200;
  template <class V>
  void visit(V& v) {
    source.visit(v);
    v("rows", rows, "Rows of the texts that are looked at, evenly spread.", at_least(3));
  }
};

/// Figures of a run beside its own directory, where MLflow looks for them (train/tracking/).
struct MlflowOptions {
  std::string store = "mlruns";
  std::string experiment = "rift";
  std::string name;
  bool is_address() const { return store.starts_with("http://") || store.starts_with("https://"); }
  template <class V>
  void visit(V& v) {
    v("store", store,
      "Folder of a file store, relative to run.yaml's, or the address of a tracking server (http://, https://), which "
      "is the only one that is called. MLFLOW_TRACKING_TOKEN is its token.");
    v("experiment", experiment, "Experiment that the run is part of; made where it is not there.");
    v("name", name, "Name of the run; empty = that of its directory.");
  }
  void check(std::string_view path) const {
    RIFT_REQUIRE(!store.empty() && (is_address() || store.find("://") == store.npos), Code::kConfig,
                 "{}.store: expected a folder, or an address that begins with http:// or https://, got '{}'", path,
                 shorten(store));
    RIFT_REQUIRE(!is_address() || store.find('@') == store.npos, Code::kConfig,
                 "{}.store: an address that holds a name or a password is not taken; put a token into "
                 "MLFLOW_TRACKING_TOKEN",
                 path);
    RIFT_REQUIRE(!experiment.empty() && experiment.find_first_of("'\"") == experiment.npos, Code::kConfig,
                 "{}.experiment: expected a name without quotes, got '{}'", path, shorten(experiment));
  }
};

struct TrainOptions {
  Precision precision = Precision::kAutomatic;
  int64_t batch_memory_mib = 0;
  int64_t seed = 1;
  int64_t checkpoint_every_steps = 200;
  int64_t keep_checkpoints = 2;
  int64_t evaluations_per_epoch = 1;
  int64_t soup = 1;
  double good_per_bad = 0.0;
  bool gradient_checkpointing = false;
  KeptStatesOptions kept_states;
  EarlyStoppingOptions early_stopping;
  std::optional<ForgettingOptions> forgetting;
  std::optional<MlflowOptions> mlflow;
  template <class V>
  void visit(V& v) {
    v("precision", precision,
      "What the layers multiply in training: f32, or bf16 with f32 sums. auto: bf16 where the CPU has instructions for "
      "it (AVX-512 BF16, AMX) and the model runs fused, else f32; name one to get the same run on every machine.");
    v("batch_memory_mib", batch_memory_mib,
      "Memory for one batch's activations, in MiB; a batch that needs more is taken in parts. For models that run "
      "fused only. 0 = what the system has.",
      in_range(0, int64_t{1} << 30));
    v("seed", seed, "Seed of row order, dropout and new parameters.", seed_range());
    v("checkpoint_every_steps", checkpoint_every_steps, "Steps between resumable checkpoints; 0 = none.", at_least(0));
    v("keep_checkpoints", keep_checkpoints, "Newest checkpoints that are kept.", at_least(1));
    v("evaluations_per_epoch", evaluations_per_epoch, "Times per epoch that the validation rows are scored.",
      at_least(1));
    v("soup", soup,
      "Best evaluations whose parameters are averaged; the mean is published where it validates better than the best "
      "of them. 1 = the best alone.",
      in_range(1, 100));
    v("good_per_bad", good_per_bad,
      "task: binary: good training rows that are kept for each bad one, drawn by train.seed; 0 = all. The score is set "
      "back to the rate of bad rows before the draw.",
      at_least(0));
    v("gradient_checkpointing", gradient_checkpointing,
      "Keeps of a step only what goes into each layer and computes the layer again on the way back: less memory, more "
      "time, the same gradients to the bit. Beside batch_memory_mib parts may be larger then, which rounds their sums "
      "otherwise.");
    v("kept_states", kept_states, "Room for what frozen layers say of the training rows, so that it is computed once.");
    v("early_stopping", early_stopping,
      "When to stop before the last epoch. The best evaluation's parameters are published.");
    v("forgetting", forgetting,
      "General texts on which each evaluation says what the fine-tuning has cost of what the pretrained model knew; "
      "without validation rows it is said once, of what is published.");
    v("mlflow", mlflow, "MLflow store that gets the run's settings and figures; a store that fails stops no run.");
  }
};

/// In which form the linear maps of a backbone that do not train are held.
enum class BaseWeights { kF32, kAsStored };
constexpr auto enum_names(BaseWeights) {
  return std::to_array<EnumName<BaseWeights>>({{BaseWeights::kF32, "f32"}, {BaseWeights::kAsStored, "as_stored"}});
}

/// run.yaml's `model.text:`.
struct TextModelOptions {
  std::string backbone;
  BaseWeights base_weights = BaseWeights::kF32;
  encode::text::RowTextOptions text;
  int64_t max_tokens = 128;
  models::Pooling pooling = models::Pooling::kAutomatic;
  models::HeadStartOptions head;
  template <class V>
  void visit(V& v) {
    v("backbone", backbone,
      "Hugging Face directory or .gguf file of the pretrained model; empty = the packaged all-MiniLM-L6-v2.");
    v("base_weights", base_weights,
      "f32, or as_stored: embeddings and linear maps that do not train stay in memory as the blocks of their GGUF file "
      "while training, for less memory and more time; the package is f32, and publishing holds it in memory twice.");
    text.visit(v);
    v("max_tokens", max_tokens, "Longest row in tokens, special ones included.", at_least(3));
    v("pooling", pooling, "How token states become one vector.");
    v("head", head, "What the head's weights are before training.");
  }
};

/// Everything a fine-tuning needs to know besides the rows.
struct FineTuneOptions {
  TextModelOptions text;
  tuning::TuningOptions tuning;
  objective::ObjectiveOptions objective;
  optim::OptimOptions optim;
  TrainOptions train;
};

}  // namespace rift::train
