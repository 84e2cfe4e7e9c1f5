#include "rift/train/run_origin.h"

#include <span>

#include "rift/base/sha256.h"
#include "rift/package/format/package.h"

namespace rift::train {
namespace {

template <class T>
void add(Sha256& hash, const std::vector<T>& values) {
  const uint64_t size = values.size();
  hash.update(std::as_bytes(std::span(&size, 1)));
  hash.update(std::as_bytes(std::span(values)));
}

std::string digest_of(const LabelledRows& rows) {
  Sha256 hash;
  add(hash, rows.inputs.ids);
  add(hash, rows.inputs.begin);
  add(hash, rows.inputs.keys);
  add(hash, rows.label);
  add(hash, rows.weight);
  return hash.finish_hex();
}

}  // namespace

Json lasting_settings(TrainOptions train) {
  train.checkpoint_every_steps = 0;
  train.keep_checkpoints = 1;
  train.mlflow.reset();
  if (train.forgetting) train.forgetting->source.texts.clear();
  return write_options(train);
}

Json lasting_settings(optim::OptimOptions optim) {
  optim.more_epochs = 0;  // the trainer's to look at: it knows how far the run has come
  return write_options(optim);
}

Json libraries() {
  const Json environment = package::describe_environment();
  Json versions = Json::object();
  for (const char* name : {"rift", "compiler", "libtorch", "duckdb", "lightgbm"}) versions[name] = environment.at(name);
  return versions;
}

Json run_origin(const RunOriginSpec& spec) {
  TextModelOptions text = spec.options.text;
  text.backbone.clear();
  objective::ObjectiveOptions objective = spec.options.objective;
  if (objective::UnlabelledTexts* source = objective::texts_of(objective.anchor)) source->texts.clear();
  if (auto* ewc = std::get_if<objective::EwcAnchor>(&objective.anchor.kind)) ewc->fisher.clear();
  return Json{
      {"settings", Json{{"text", write_options(text)},
                        {"tuning", write_options(spec.options.tuning)},
                        {"objective", write_options(objective)},
                        {"optim", lasting_settings(spec.options.optim)},
                        {"train", lasting_settings(spec.options.train)}}},
      {"rows", Json{{"training", digest_of(spec.train)}, {"validation", digest_of(spec.validation)}}},
      {"model", Json{{"weights", spec.weights_sha256}, {"config", spec.config}, {"pooling", name_of(spec.pooling)}}},
      {"texts", spec.texts},
      {"libraries", libraries()},
      {"made_from", spec.made_from}};
}

}  // namespace rift::train
