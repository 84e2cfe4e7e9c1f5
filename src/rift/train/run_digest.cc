#include "rift/train/run_digest.h"

#include <span>

#include "rift/base/sha256.h"

namespace rift::train {
namespace {

template <class T>
void add(Sha256& hash, const std::vector<T>& values) {
  const uint64_t size = values.size();
  hash.update(std::as_bytes(std::span(&size, 1)));
  hash.update(std::as_bytes(std::span(values)));
}

void add(Sha256& hash, const LabelledRows& rows) {
  add(hash, rows.inputs.ids);
  add(hash, rows.inputs.begin);
  add(hash, rows.inputs.keys);
  add(hash, rows.label);
  add(hash, rows.weight);
}

}  // namespace

std::string run_digest(const RunDigestSpec& spec) {
  TextModelOptions text = spec.options.text;
  text.backbone.clear();
  TrainOptions train = spec.options.train;
  train.checkpoint_every_steps = 0;
  train.keep_checkpoints = 1;
  if (train.forgetting) train.forgetting->source.texts.clear();
  objective::ObjectiveOptions objective = spec.options.objective;
  if (objective::UnlabelledTexts* source = objective::texts_of(objective.anchor)) source->texts.clear();
  if (auto* ewc = std::get_if<objective::EwcAnchor>(&objective.anchor.kind)) ewc->fisher.clear();
  const Json settings = {{"text", write_options(text)},
                         {"tuning", write_options(spec.options.tuning)},
                         {"objective", write_options(objective)},
                         {"optim", write_options(spec.options.optim)},
                         {"train", write_options(train)},
                         {"weights", spec.weights_sha256},
                         {"config", spec.config},
                         {"pooling", name_of(spec.pooling)}};
  Sha256 hash;
  hash.update(to_json_text(settings));
  for (const std::string& digest : spec.texts) hash.update(digest);
  add(hash, spec.train);
  add(hash, spec.validation);
  return hash.finish_hex();
}

}  // namespace rift::train
