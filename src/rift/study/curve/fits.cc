#include "rift/study/curve/fits.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/sha256.h"
#include "rift/study/model_run.h"
#include "rift/study/run/place.h"
#include "rift/train/row_order.h"

namespace rift::study {
namespace {

/// The options of a head on frozen features, which nothing pulls back and which ends when its epochs do.
RunOptions with_frozen_features(RunOptions options) {
  options.tuning = {.method = tuning::HeadOptions{}, .freeze = {}};
  options.objective.anchor = {};
  options.train.forgetting.reset();
  options.train.gradient_checkpointing = false;
  options.optim.layer_decay = 1;
  options.train.early_stopping.patience = 0;
  options.optim.lr = options.learning_curve.frozen_features.lr;
  options.optim.head_lr = options.learning_curve.frozen_features.lr;
  options.optim.epochs = options.learning_curve.frozen_features.epochs;
  return options;
}

Json summary_of(const Json& summary) {
  if (summary.is_null()) return summary;
  Json kept = Json::object();
  for (const char* key : {"pooling", "loss", "precision", "steps", "epochs", "best"}) kept[key] = summary.at(key);
  return kept;
}

CurveFit kept_of(ModelRun run) {
  return {.test = std::move(run.test),
          .calibrator = run.calibrator,
          .calibrated_on = run.calibrated_on,
          .settings = std::move(run.settings),
          .summary = summary_of(run.summary)};
}

std::string rows_digest(const Parts& parts) {
  Sha256 hash;
  for (const std::vector<int64_t>* rows : {&parts.fit.train, &parts.fit.validation, &parts.calibration, &parts.test}) {
    const uint64_t count = rows->size();
    hash.update(std::as_bytes(std::span(&count, 1)));
    hash.update(std::as_bytes(std::span(*rows)));
  }
  return hash.finish_hex();
}

}  // namespace

ModelKind kind_of(CurveModel model) {
  if (model == CurveModel::kFrozenFeatures) return ModelKind::kFineTuned;
  return value_named<ModelKind>(name_of(model)).value();
}

bool is_language_model(CurveModel model) { return kind_of(model) == ModelKind::kFineTuned; }

CurveFits::CurveFits(const CurveFitsSpec& spec)
    : spec_(spec),
      frozen_(with_frozen_features(spec.run.options)),
      kept_({.directory = spec.run.directory,
             .resume = spec.run.resume,
             .overwrite = spec.run.overwrite,
             .made_from = spec.made_from}),
      shared_(spec.dataset, spec.samples.rows_of_all(spec.sizes.back())) {}

RunOptions CurveFits::options_of(CurveModel model, const Parts& parts) const {
  if (model == CurveModel::kFrozenFeatures) return frozen_;
  RunOptions options = spec_.run.options;
  if (model != CurveModel::kFineTuned) return options;
  const int64_t a_pass = train::plan_rows(options.optim, static_cast<int64_t>(parts.fit.train.size())).steps_per_epoch;
  const int64_t passes = (options.learning_curve.least_steps + a_pass - 1) / a_pass;
  options.optim.epochs = std::max(options.optim.epochs, static_cast<double>(passes));
  return options;
}

std::vector<std::vector<CurveFit>> CurveFits::fit(CurveModel model) {
  std::vector<std::vector<CurveFit>> fits;
  for (size_t size = 0; size < spec_.sizes.size(); ++size) {
    std::vector<CurveFit> of_size;
    std::vector<std::string> digests;
    for (size_t seed = 0; seed < spec_.seeds.size(); ++seed) {
      const Parts parts = spec_.samples.sample(spec_.sizes[size], seed);
      digests.push_back(rows_digest(parts));
      const auto same = std::ranges::find(digests, digests.back());
      const bool is_known = static_cast<size_t>(same - digests.begin()) < seed;
      const bool draws = is_language_model(model) || model == CurveModel::kGbdt;
      of_size.push_back(is_known && !draws ? of_size[static_cast<size_t>(same - digests.begin())]
                                           : fit_one(model, size, seed, parts));
    }
    fits.push_back(std::move(of_size));
  }
  return fits;
}

CurveFit CurveFits::fit_one(CurveModel model, size_t size, size_t seed, const Parts& parts) {
  throw_if_interrupted();
  const std::string name = fmt::format("{}/{}-{}", name_of(model), spec_.sizes[size], spec_.seeds[seed]);
  const std::string fingerprint = sha256_hex(
      fmt::format("{} {} {} {}", to_json_text(spec_.made_from), name_of(model), spec_.seeds[seed], rows_digest(parts)));
  if (std::optional<CurveFit> before = kept_.find(name, fingerprint)) {
    ++taken_up_;
    log_info("finished before",
             {{"model", name_of(model)}, {"labels", spec_.sizes[size]}, {"seed", spec_.seeds[seed]}});
    return std::move(*before);
  }
  const RunOptions options = options_of(model, parts);
  const auto learner = make_learner(kind_of(model), {.options = options,
                                                     .device = spec_.run.device,
                                                     .init_from = {},
                                                     .name = std::string(name_of(model)),
                                                     .shared = &shared_});
  const std::filesystem::path directory = kept_.folder(name) / "log";
  if (!learner->is_cheap()) std::filesystem::create_directories(directory);
  ModelRun run =
      run_model(*learner, {.dataset = spec_.dataset,
                           .parts = parts,
                           .seed = spec_.seeds[seed],
                           .options = options,
                           .directory = directory,
                           .resume = spec_.run.resume,
                           .overwrite = spec_.run.overwrite,
                           .made_from = made_from_of_checkpoints(spec_.made_from),
                           .progress_suffix = fmt::format(", {} labels, seed {}", spec_.sizes[size], spec_.seeds[seed]),
                           .is_published = false});
  ++fits_;
  rows_trained_ += static_cast<int64_t>(parts.fit.train.size());
  CurveFit fit = kept_of(std::move(run));
  kept_.keep(name, fit, fingerprint);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return fit;
}

Json CurveFits::work() const {
  const train::SharedRows::Work& shared = shared_.work();
  return Json{{"fits", fits_},
              {"taken_up", taken_up_},
              {"rows_trained", rows_trained_},
              {"rows_encoded", shared.encoded},
              {"encodings_used", shared.encoded_asked},
              {"rows_read", shared.read},
              {"readings_used", shared.read_asked}};
}

}  // namespace rift::study
