#include "rift/study/curve/learning_curve.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/base/stopwatch.h"
#include "rift/classic/tfidf_vectorizer.h"
#include "rift/data/leakage.h"
#include "rift/data/load_dataset.h"
#include "rift/study/curve/fits.h"
#include "rift/study/curve/result.h"
#include "rift/study/curve/words.h"
#include "rift/study/early_stopping.h"
#include "rift/study/report/data.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/place.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

/// The options as every part of a run sees them: which models need the pretrained one, and one test part.
StudySpec prepared(StudySpec spec) {
  const bool needs_backbone = std::ranges::any_of(spec.options.learning_curve.models, is_language_model);
  spec.options.compare.models = {needs_backbone ? ModelKind::kFineTuned : ModelKind::kGbdt};
  spec.options.compare.seeds = spec.options.learning_curve.seeds;
  take_one_fold(spec.options.split);
  return with_backbone(std::move(spec), needs_backbone);
}

class CurveRun {
 public:
  explicit CurveRun(const StudySpec& spec)
      : compare_(spec.options.compare),
        spec_(prepared(spec)),
        curve_(spec_.options.learning_curve),
        metric_(metric_named(spec_.options.task, curve_.metric, "learning_curve.metric")) {
    RIFT_REQUIRE(metric_.name != kLossMetric, Code::kConfig,
                 "learning_curve.metric: loss is what a training minimises, and not all models have the same; name "
                 "another, or leave it out");
    place_.emplace(take_place(spec_, kCurveFile));
    dataset_ = data::load_dataset({.task = spec_.options.task,
                                   .data = spec_.options.data,
                                   .split = spec_.options.split,
                                   .base_directory = fs::absolute(spec_.run_file).parent_path()});
    parts_.push_back(parts_of(dataset_.split));
    if (spec_.options.compare.models.front() == ModelKind::kFineTuned) check_early_stopping(spec_.options, parts_);
    inputs_ = inputs_json(spec_, dataset_);
    leaks_ = data::find_leaks(dataset_);
    data::log_leaks(leaks_);
    for (int64_t i = 0; i < curve_.seeds; ++i) seeds_.push_back(spec_.options.train.seed + i);
    samples_.emplace(dataset_, parts_.front(), seeds_);
    sizes_ = curve_sizes(curve_.sizes, samples_->most());
    for (const int64_t size : sizes_) {
      std::vector<Parts>& of_size = of_sizes_.emplace_back();
      for (size_t seed = 0; seed < seeds_.size(); ++seed) of_size.push_back(samples_->sample(size, seed));
    }
  }

  Json run() {
    const Stopwatch watch;
    const Json made = made_from(spec_, inputs_, parts_.front().split.digest);
    if (auto before = finished_result(spec_, kCurveFile, made)) {
      write_report(spec_.directory, spec_.directory / "report.html");
      return *before;
    }
    const std::vector<CurveModel> models = models_to_fit();
    CurveFits fits({.run = spec_,
                    .dataset = dataset_,
                    .samples = *samples_,
                    .sizes = sizes_,
                    .seeds = seeds_,
                    .made_from = made_of_fits()});
    forget_results(spec_.directory);
    write_run_yaml(spec_.directory, resolved());
    for (const CurveModel model : models) {
      try {
        models_.push_back({.name = std::string(name_of(model)), .fits = fits.fit(model)});
      } catch (const classic::NoTerms&) {
        skip(model, sentence("skip.no_terms", fmt::arg("rows", classic::TfidfOptions().min_rows)));
      }
    }
    require_models(!models_.empty());
    Json work = fits.work();
    log_info("work", {{"fits", work.at("fits").as_int()},
                      {"rows_trained", work.at("rows_trained").as_int()},
                      {"rows_encoded", work.at("rows_encoded").as_int()},
                      {"encodings_used", work.at("encodings_used").as_int()},
                      {"rows_read", work.at("rows_read").as_int()},
                      {"readings_used", work.at("readings_used").as_int()}});
    work["seconds"] = watch.seconds();
    const Json curve = result();
    write(curve, work);
    fits.finish();
    return curve;
  }

 private:
  std::vector<CurveModel> models_to_fit() {
    std::vector<CurveModel> models;
    for (const CurveModel model : curve_.models) {
      const std::string why = why_skipped(kind_of(model), dataset_, spec_.options);
      if (why.empty()) {
        models.push_back(model);
      } else {
        skip(model, why);
      }
    }
    require_models(!models.empty());
    return models;
  }

  void require_models(bool any) const {
    RIFT_REQUIRE(any, Code::kConfig, "learning_curve.models: none of the models can be fitted on this data: {}",
                 to_json_text(skipped_));
  }

  void skip(CurveModel model, const std::string& why) {
    log_info(sentence("done.skipped_model", fmt::arg("model", model_caption(name_of(model))), fmt::arg("why", why)));
    skipped_.push_back(Json{{"name", name_of(model)}, {"why", why}});
  }

  RunOptions resolved() const {
    RunOptions options = resolved_options(spec_, dataset_);
    options.learning_curve.sizes = sizes_;
    options.compare = compare_;
    return options;
  }

  /// Another list of sizes, seeds, models or another question to the fits leaves each fit as it is.
  Json made_of_fits() const {
    Json options = write_options(spec_.options);
    options.erase("search");
    for (const char* key : {"models", "seeds"}) options["compare"].erase(key);
    for (const char* key : {"sizes", "seeds", "models", "metric", "stop_below"}) options["learning_curve"].erase(key);
    return made_from({.options = std::move(options),
                      .inputs = inputs_,
                      .split_digest = parts_.front().split.digest,
                      .device = spec_.device,
                      .init_from = spec_.init_from});
  }

  Json result() const {
    Json curve = curve_json({.dataset = dataset_,
                             .parts = parts_.front(),
                             .metric = metric_,
                             .seeds = seeds_,
                             .labels_in_all = samples_->most(),
                             .samples = of_sizes_,
                             .models = models_,
                             .stop_below = curve_.stop_below});
    curve["skipped"] = skipped_;
    curve["leakage"] = data::to_json(leaks_);
    curve["answers"] = Json(curve_answers(curve));
    curve["notes"] = Json(curve_notes(curve));
    return curve;
  }

  void write(const Json& curve, const Json& work) const {
    const fs::path& directory = spec_.directory;
    std::vector<ScoredRows> scored;
    RunOptions options = resolved();
    for (const FittedModel& model : models_) {
      for (size_t size = 0; size < sizes_.size(); ++size) {
        for (size_t seed = 0; seed < seeds_.size(); ++seed) {
          const CurveFit& fit = model.fits[size][seed];
          if (model.name == name_of(ModelKind::kFineTuned)) set_pooling(fit.summary, options);
          scored.push_back({.model = model.name,
                            .seed = seeds_[seed],
                            .rows = parts_.front().test,
                            .raw = fit.test,
                            .calibrator = fit.calibrator,
                            .policy = policy(),
                            .labels = labels_in(of_sizes_[size][seed])});
        }
      }
    }
    write_predictions(directory / "predictions.parquet", dataset_, scored);
    write_run_yaml(directory, options);
    const Json data =
        report_data({.dataset = dataset_, .parts = parts_, .leaks = leaks_}, Json::object(), Json::object());
    write_json(directory / "report.json", data);
    forget_older_models();
    write_json(directory / kCurveFile, curve);
    Json manifest = manifest_json(spec_, inputs_, parts_.front().split.digest);
    manifest["work"] = work;
    manifest["results"] = results_json(directory);
    write_json(directory / "manifest.json", manifest);
    write_report(directory, directory / "report.html");
  }

  /// Of the run whose place this curve takes; a curve publishes none of its models.
  void forget_older_models() const {
    const fs::path models = spec_.directory / "models";
    for (const auto& entry : enum_names(ModelKind{})) forget_model(models / entry.name);
    std::error_code ignored;
    fs::remove(models, ignored);
    if (fs::exists(spec_.directory / "package" / "rift.json")) forget_model(spec_.directory);
  }

  score::PolicyOptions policy() const {
    return resolved_policy(spec_.options.policy, dataset_, parts_.front().fit.train);
  }

  CompareOptions compare_;  // as run.yaml has it
  StudySpec spec_;
  const LearningCurveOptions& curve_;
  const SearchMetric metric_;
  std::optional<DirectoryLock> place_;  // held as long as the run lasts
  data::Dataset dataset_;
  std::vector<Parts> parts_;
  Json inputs_;
  std::vector<data::Leak> leaks_;
  std::vector<int64_t> seeds_, sizes_;
  std::optional<LabelSamples> samples_;
  std::vector<std::vector<Parts>> of_sizes_;  // [sizes][seeds]
  std::vector<FittedModel> models_;
  Json skipped_ = Json::array();
};

}  // namespace

Json run_learning_curve(const StudySpec& spec) {
  return without_trace(spec.directory, [&] { return CurveRun(spec).run(); });
}

}  // namespace rift::study
