#include "rift/study/learner.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/progress.h"
#include "rift/base/sentences.h"
#include "rift/classic/gbdt.h"
#include "rift/classic/logistic.h"
#include "rift/classic/scorecard.h"
#include "rift/classic/text_baseline.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/options.h"
#include "rift/study/run/provenance.h"
#include "rift/study/scoring.h"
#include "rift/train/fine_tune.h"

namespace rift::study {
namespace {

/// What the classic learners share: a choice of settings, then a fit on all known rows.
template <class Options>
class ClassicLearner : public Learner {
 public:
  bool is_cheap() const override { return true; }
  Json settings() const override { return write_options(choice_.options); }
  Json tries() const override { return classic::to_json(choice_.tries); }
  Json judged_by() const override { return classic::to_json(choice_.judges); }

 protected:
  classic::Choice<Options> choice_;
};

class ScorecardLearner final : public ClassicLearner<classic::ScorecardOptions> {
 public:
  explicit ScorecardLearner(int64_t tries) : tries_(tries) {}
  std::string name() const override { return "scorecard"; }
  bool draws() const override { return false; }
  void choose(const data::Dataset& dataset, const FitRows& rows) override {
    choice_ = classic::choose_scorecard(dataset, rows.train, rows.validation, tries_);
  }
  Fitted fit(const FitSpec& spec) const override {
    return {classic::Scorecard::fit(spec.dataset, spec.rows.together(), choice_.options), nullptr};
  }

 private:
  int64_t tries_;
};

class LogisticLearner final : public ClassicLearner<classic::LogisticOptions> {
 public:
  explicit LogisticLearner(int64_t tries) : tries_(tries) {}
  std::string name() const override { return "logistic"; }
  bool draws() const override { return false; }
  void choose(const data::Dataset& dataset, const FitRows& rows) override {
    choice_ = classic::choose_logistic(dataset, rows.train, rows.validation, tries_);
  }
  Fitted fit(const FitSpec& spec) const override {
    return {classic::Logistic::fit(spec.dataset, spec.rows.together(), choice_.options), nullptr};
  }

 private:
  int64_t tries_;
};

class GbdtLearner final : public ClassicLearner<classic::GbdtOptions> {
 public:
  GbdtLearner(int64_t tries, int64_t seed) : tries_(tries), seed_(seed) {}
  std::string name() const override { return "gbdt"; }
  bool draws() const override { return true; }
  void choose(const data::Dataset& dataset, const FitRows& rows) override {
    choice_ = classic::choose_gbdt(dataset, rows.train, rows.validation, tries_, seed_);
  }
  Fitted fit(const FitSpec& spec) const override {
    classic::GbdtOptions options = choice_.options;
    options.seed = spec.seed;
    return {classic::Gbdt::fit(spec.dataset, spec.rows.together(), options), nullptr};
  }

 private:
  int64_t tries_;
  int64_t seed_;
};

class TextBaselineLearner final : public ClassicLearner<classic::TextBaselineOptions> {
 public:
  TextBaselineLearner(int64_t tries, encode::text::RowTextOptions text) : tries_(tries), text_(std::move(text)) {}
  std::string name() const override { return "text-baseline"; }
  bool draws() const override { return false; }
  void choose(const data::Dataset& dataset, const FitRows& rows) override {
    choice_ = classic::choose_text_baseline(dataset, rows.train, rows.validation, text_, tries_);
  }
  Fitted fit(const FitSpec& spec) const override {
    return {classic::TextBaseline::fit(spec.dataset, spec.rows.together(), choice_.options), nullptr};
  }

 private:
  int64_t tries_;
  encode::text::RowTextOptions text_;
};

class FineTunedLearner final : public Learner {
 public:
  explicit FineTunedLearner(const LearnerSpec& spec)
      : options_(spec.options.fine_tune()),
        device_(spec.device),
        init_from_(spec.init_from),
        name_(spec.name.empty() ? name_of(ModelKind::kFineTuned) : spec.name),
        shared_(spec.shared) {}
  std::string name() const override { return name_; }
  bool draws() const override { return true; }
  bool is_cheap() const override { return false; }
  void choose(const data::Dataset&, const FitRows&) override {}
  Fitted fit(const FitSpec& spec) const override {
    train::FineTuneOptions options = options_;
    options.train.seed = spec.seed;
    if (options.train.mlflow && !spec.suffix.empty()) {
      std::string& name = options.train.mlflow->name;
      name = (name.empty() ? name_ : name) + spec.suffix;
    }
    train::FineTuneSpec fine_tune{.dataset = spec.dataset,
                                  .train = spec.rows.train,
                                  .validation = spec.rows.validation,
                                  .options = options,
                                  .directory = spec.directory,
                                  .resume = spec.resume,
                                  .overwrite = spec.overwrite,
                                  .init_from = std::nullopt,
                                  .device = device_,
                                  .progress_name = spec.progress_name,
                                  .made_from = spec.made_from,
                                  .measures_precisions = spec.is_published && !spec.directory.empty(),
                                  .observer = spec.observer,
                                  .shared = shared_};
    if (!init_from_.empty()) fine_tune.init_from = init_from_;
    train::FineTuned done = train::fine_tune(fine_tune);
    return {std::move(done.scorer), std::move(done.summary)};
  }
  Json settings() const override {
    RunOptions options;  // of which it has a part
    options.model.text = options_.text;
    options.objective = options_.objective;
    options.train = options_.train;
    options.train.mlflow.reset();  // of no matter for the model
    options.model.text.backbone = without_folders(options.model.text.backbone);
    for (std::string* path : texts_beside_the_rows(options)) *path = without_folders(*path);
    return Json{{"text", write_options(options.model.text)},
                {"tuning", write_options(options_.tuning)},
                {"objective", write_options(options.objective)},
                {"optim", write_options(options_.optim)},
                {"train", write_options(options.train)}};
  }
  Json tries() const override { return Json::array(); }
  Json judged_by() const override { return nullptr; }
  score::RawScores score(const score::Scorer& scorer, const data::Dataset& dataset, std::span<const int64_t> rows,
                         const std::string& progress_name) const override {
    if (shared_ == nullptr || rows.empty()) return Learner::score(scorer, dataset, rows, progress_name);
    const bool is_frozen = std::holds_alternative<tuning::HeadOptions>(options_.tuning.method);
    score::RawScores raw = is_frozen ? shared_->score_frozen(scorer, rows) : shared_->score(scorer, rows);
    std::vector<int64_t> source_row;
    for (const int64_t row : rows) {
      source_row.push_back(dataset.table.source_row.empty() ? row : dataset.table.source_row[static_cast<size_t>(row)]);
    }
    require_finite(scorer, raw, source_row);
    return raw;
  }

 private:
  train::FineTuneOptions options_;
  std::string device_;
  std::filesystem::path init_from_;
  std::string name_;
  train::SharedRows* shared_;
};

bool has_table(const data::Schema& schema) {
  return std::ranges::any_of(schema.features(), [](const data::Field* field) { return data::is_tabular(field->kind); });
}

bool has_something_to_read(const data::Schema& schema, const RunOptions& options) {
  if (!schema.features(data::Kind::kText).empty()) return true;
  return options.model.text.text.from_table != encode::text::FromTable::kNever && has_table(schema);
}

}  // namespace

score::RawScores Learner::score(const score::Scorer& scorer, const data::Dataset& dataset,
                                std::span<const int64_t> rows, const std::string& progress_name) const {
  return score_rows(scorer, dataset, rows, progress_name);
}

std::unique_ptr<Learner> make_learner(ModelKind kind, const LearnerSpec& spec) {
  const RunOptions& options = spec.options;
  switch (kind) {
    case ModelKind::kScorecard:
      return std::make_unique<ScorecardLearner>(options.compare.tries);
    case ModelKind::kLogistic:
      return std::make_unique<LogisticLearner>(options.compare.tries);
    case ModelKind::kGbdt:
      return std::make_unique<GbdtLearner>(options.compare.tries, options.train.seed);
    case ModelKind::kTextBaseline:
      return std::make_unique<TextBaselineLearner>(options.compare.tries, options.model.text.text);
    case ModelKind::kFineTuned:
      return std::make_unique<FineTunedLearner>(spec);
    case ModelKind::kFusion:
      break;
  }
  RIFT_CHECK(false);
  return nullptr;
}

std::string model_caption(std::string_view name) {
  std::string key = "model." + std::string(name);
  std::replace(key.begin(), key.end(), '-', '_');
  return sentence(key);
}

std::string why_skipped(ModelKind kind, const data::Dataset& dataset, const RunOptions& options) {
  const data::Schema& schema = dataset.schema;
  if (schema.task == data::Task::kMultilabel && kind != ModelKind::kFineTuned) return sentence("skip.multilabel_task");
  switch (kind) {
    case ModelKind::kScorecard:
      if (schema.task != data::Task::kBinary) return sentence("skip.scorecard_task");
      return has_table(schema) ? "" : sentence("skip.no_table");
    case ModelKind::kLogistic:
    case ModelKind::kGbdt:
      return has_table(schema) ? "" : sentence("skip.no_table");
    case ModelKind::kTextBaseline:
    case ModelKind::kFineTuned:
      return has_something_to_read(schema, options) ? "" : sentence("skip.no_text");
    case ModelKind::kFusion:
      return "";
  }
  RIFT_CHECK(false);
  return {};
}

}  // namespace rift::study
