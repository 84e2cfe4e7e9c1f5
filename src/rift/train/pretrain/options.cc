#include "rift/train/pretrain/options.h"

#include "rift/base/error.h"

namespace rift::train {

void PretrainOptions::check(std::string_view) const {
  const bool from_scratch = model.text.config.has_value();
  RIFT_REQUIRE(!from_scratch || model.text.backbone.empty(), Code::kConfig,
               "model.text: a backbone is trained further, a config is a new model; name one of them");
  RIFT_REQUIRE(!(tokenizer.from && tokenizer.train), Code::kConfig,
               "tokenizer: take one over (from) or learn one (train), not both");
  RIFT_REQUIRE(from_scratch || (!tokenizer.from && !tokenizer.train), Code::kConfig,
               "tokenizer: the backbone has one, which its embeddings belong to; leave the section out, or train a new "
               "model (model.text.config)");
  RIFT_REQUIRE(!from_scratch || tokenizer.from || tokenizer.train, Code::kConfig,
               "tokenizer: a new model needs one: from: DIRECTORY, or train: {{kind: bert, vocab_size: 8000}}");
  RIFT_REQUIRE(train.good_per_bad == 0, Code::kConfig,
               "train.good_per_bad: documents are neither good nor bad; leave it out");
  RIFT_REQUIRE(
      train.batch_memory_mib == 0, Code::kConfig,
      "train.batch_memory_mib: it is kept to by the fused engine only, which does not run a language head; leave "
      "it out, and lower optim.batch_rows (optim.accumulate makes up for it)");
  RIFT_REQUIRE(write_options(train.kept_states) == write_options(KeptStatesOptions()), Code::kConfig,
               "train.kept_states: a pretraining has no frozen layers whose states could be kept; leave it out");
  RIFT_REQUIRE(!train.forgetting, Code::kConfig,
               "train.forgetting: a pretraining is judged by its held-out documents; leave it out");
  using Metric = StopMetric;
  const Metric metric = train.early_stopping.metric;
  RIFT_REQUIRE(metric == Metric::kAutomatic || metric == Metric::kLoss, Code::kConfig,
               "train.early_stopping.metric: pretraining stops by the held-out loss; leave it out");
}

}  // namespace rift::train
