#include "rift/study/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/study/early_stopping.h"
#include "rift/study/judgement.h"
#include "rift/study/learner.h"
#include "rift/study/loss_note.h"
#include "rift/study/report/figure_text.h"

namespace rift::study {
namespace {

constexpr double kSignificance = 0.05;
constexpr int64_t kFewBadRows = 200;
/// Below these an interval is a guess, and no model is said to be better.
constexpr int64_t kFewestOfAClass = 10;
constexpr int64_t kFewestRows = 30;
constexpr double kVisible = 0.0005;  // what three decimals show

struct Difference {
  double value = 0.0, low = 0.0, high = 0.0, p = 1.0;
  bool has_noise = true;  // else low, high and p say nothing
};

/// One comparison as the sentences ask about it.
class Figures {
 public:
  explicit Figures(const Json& compare) : compare_(compare), main_(main_figure(compare.at("task").as_string())) {}

  std::string metric() const { return sentence("table." + main_.name); }
  std::string best() const { return compare_.at("best").as_string(); }

  std::optional<double> value(std::string_view model) const {
    for (const Json& one : compare_.at("models").as_array()) {
      const Json& figure = one.at("metrics").at("test").at(main_.name);
      if (one.at("name").as_string() == model && !figure.is_null()) return figure.at("value").as_double();
    }
    return std::nullopt;
  }

  bool is_better(double a, double b) const { return main_.more_is_better ? a > b : a < b; }

  /// The best of some models; empty when none of them was fitted.
  template <class Names>
  std::string best_among(const Names& names) const {
    std::string best;
    for (const std::string_view name : names) {
      const auto its = value(name);
      if (its && (best.empty() || is_better(*its, *value(best)))) best = name;
    }
    return best;
  }

  std::string runner_up() const {
    std::vector<std::string_view> others;
    for (const Json& one : compare_.at("models").as_array()) {
      if (one.at("name").as_string() != best()) others.push_back(one.at("name").as_string());
    }
    return best_among(others);
  }

  /// a against b, positive = a is better.
  Difference difference(const std::string& a, const std::string& b) const {
    for (const Json& pair : compare_.at("pairs").as_array()) {
      const bool is_forward = pair.at("a").as_string() == a && pair.at("b").as_string() == b;
      const bool is_backward = pair.at("a").as_string() == b && pair.at("b").as_string() == a;
      if (!is_forward && !is_backward) continue;
      const double value = pair.at("difference").as_double();
      if (pair.at("p_holm").is_null()) return {.value = is_forward ? value : -value, .has_noise = false};
      const double low = pair.at("low").as_double();
      const double high = pair.at("high").as_double();
      const double p = pair.at("p_holm").as_double();
      return is_forward ? Difference{value, low, high, p} : Difference{-value, -high, -low, p};
    }
    RIFT_FAIL(Code::kArtefact, "compare.json holds no pair of '{}' and '{}'", shorten(a), shorten(b));
  }

  /// The interval of the figure that is `chance` for a model that knows nothing.
  struct Skill {
    std::string_view figure;
    double chance = 0.0, value = 0.0, low = 0.0, high = 0.0;
  };
  std::optional<Skill> skill(std::string_view name) const {
    const bool is_regression = main_.name == "rmse";
    Skill skill{.figure = is_regression ? "r2" : "auc", .chance = is_regression ? 0.0 : 0.5};
    for (const Json& one : compare_.at("models").as_array()) {
      const Json* found = one.at("metrics").at("test").find(skill.figure);
      if (one.at("name").as_string() != name || found == nullptr || found->is_null()) continue;
      if (found->at("low").is_null() || found->at("high").is_null()) continue;
      skill.value = found->at("value").as_double();
      skill.low = found->at("low").as_double();
      skill.high = found->at("high").as_double();
      return skill;
    }
    return std::nullopt;
  }

  bool has_text() const {
    const Json* has_text = compare_.find("has_text");  // not in the compare.json of older versions
    return has_text != nullptr && has_text->as_bool();
  }

  int64_t rows() const { return compare_.at("test").at("rows").as_int(); }
  bool are_too_few() const {
    const Json* bad = compare_.at("test").find("bad");
    return rows() < kFewestRows ||
           (bad != nullptr && std::min(bad->as_int(), rows() - bad->as_int()) < kFewestOfAClass);
  }

  /// As the figure itself moves: a loss that is lower by .01 is shown as -.01.
  Difference as_shown(const Difference& d) const {
    return main_.more_is_better ? d : Difference{-d.value, -d.high, -d.low, d.p, d.has_noise};
  }

  /// What a pair is judged by; regression is judged by squared error although rmse is shown.
  std::string pair_figure() const { return main_.name == "rmse" ? "mse" : main_.name; }
  std::string shown_main(double value) const { return shown_figure(main_.name, value); }
  std::string shown_difference(double value) const { return with_sign(shown_figure(pair_figure(), value)); }

 private:
  const Json& compare_;
  MainFigure main_;
};

std::string shown_p(double p) { return p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p); }

/// A sentence about a difference, with its {difference}, {low} and {high}.
template <class... Args>
std::string about(const Figures& figures, const Difference& d, std::string_view better, std::string_view unclear,
                  const Args&... args) {
  const Difference seen = figures.as_shown(d);
  const bool clear = d.p < kSignificance && d.value > 0.0 && !figures.are_too_few();
  return sentence(clear ? better : unclear, args..., fmt::arg("metric", sentence("table." + figures.pair_figure())),
                  fmt::arg("difference", figures.shown_difference(seen.value)),
                  fmt::arg("low", figures.shown_difference(seen.low)),
                  fmt::arg("high", figures.shown_difference(seen.high)), fmt::arg("p", shown_p(d.p)));
}

std::string who_won(const Figures& figures) {
  const std::string best = figures.best();
  if (const auto skill = figures.skill(best); skill && skill->low <= skill->chance) {
    return sentence("verdict.chance", fmt::arg("best", model_caption(best)),
                    fmt::arg("metric", sentence(fmt::format("table.{}", skill->figure))),
                    fmt::arg("value", shown(skill->value)), fmt::arg("low", shown(skill->low)),
                    fmt::arg("high", shown(skill->high)));
  }
  const std::string other = figures.runner_up();
  if (other.empty()) return sentence("verdict.single", fmt::arg("best", model_caption(best)));
  const Difference d = figures.difference(best, other);
  if (d.value == 0.0) {
    return sentence("verdict.tie", fmt::arg("best", model_caption(best)), fmt::arg("other", model_caption(other)),
                    fmt::arg("metric", figures.metric()), fmt::arg("value", figures.shown_main(*figures.value(best))));
  }
  if (!d.has_noise) {
    return sentence("verdict.no_interval", fmt::arg("best", model_caption(best)),
                    fmt::arg("other", model_caption(other)), fmt::arg("metric", figures.metric()),
                    fmt::arg("difference", figures.shown_difference(figures.as_shown(d).value)));
  }
  return about(figures, d, "verdict.better", figures.are_too_few() ? "verdict.too_few" : "verdict.no_difference",
               fmt::arg("best", model_caption(best)), fmt::arg("other", model_caption(other)),
               fmt::arg("rows", figures.rows()));
}

/// Said whenever a model without fine-tuning does better than the fine-tuned one.
std::string text_model_loses(const Figures& figures) {
  const std::string best =
      figures.best_among(std::array<std::string_view, 4>{"scorecard", "logistic", "gbdt", "text-baseline"});
  const auto value = figures.value("fine-tuned");
  if (best.empty() || !value || !figures.is_better(*figures.value(best), *value)) return {};
  return sentence(
      "verdict.text_model_loses", fmt::arg("metric", figures.metric()), fmt::arg("value", figures.shown_main(*value)),
      fmt::arg("best_value", figures.shown_main(*figures.value(best))), fmt::arg("best", model_caption(best)));
}

/// What a fusion gains on the best model of the table. The texts have earned it only where there are texts, and where
/// no second model of the table may have.
std::string what_fusion_adds(const Figures& figures) {
  constexpr std::array<std::string_view, 3> kOfTable = {"scorecard", "logistic", "gbdt"};
  const std::string table = figures.best_among(kOfTable);
  const auto of_table =
      std::count_if(kOfTable.begin(), kOfTable.end(), [&](std::string_view name) { return figures.value(name); });
  const bool reads = figures.value("text-baseline") || figures.value("fine-tuned");
  if (table.empty() || !reads || !figures.value("fusion")) return {};
  const Difference d = figures.difference("fusion", table);
  if (!d.has_noise) return {};
  return about(figures, d, figures.has_text() && of_table == 1 ? "verdict.text_adds" : "verdict.fusion_adds",
               figures.has_text() ? "verdict.text_adds_nothing" : "verdict.fusion_adds_nothing",
               fmt::arg("fusion", model_caption("fusion")), fmt::arg("table_model", model_caption(table)));
}

std::string small_test(const Figures& figures, const Json& compare) {
  const Json* bad = compare.at("test").find("bad");
  const std::string other = figures.runner_up();
  if (bad == nullptr || bad->as_int() >= kFewBadRows || other.empty()) return {};
  const Difference d = figures.difference(figures.best(), other);
  if (!d.has_noise || (d.high - d.low) / 2.0 < kVisible) return {};  // the two say the same of every row
  return sentence("verdict.small_test", fmt::arg("bad", bad->as_int()), fmt::arg("metric", figures.metric()),
                  fmt::arg("detectable", shown((d.high - d.low) / 2.0)));
}

/// How many different values `key` has among the runs of all models; a model with one run does not list it.
size_t different(const Json& compare, std::string_view key) {
  std::set<std::string> values;
  for (const Json& model : compare.at("models").as_array()) {
    const Json* runs = model.find("runs");
    if (runs == nullptr) continue;
    for (const Json& run : runs->as_array()) values.insert(run.at(key).written());
  }
  return values.size();
}

std::vector<std::string> notes_of(const Json& compare) {
  std::vector<std::string> notes;
  if (const size_t seeds = different(compare, "seed"); seeds > 1) {
    notes.push_back(sentence("note.seeds", fmt::arg("seeds", seeds)));
  }
  if (const size_t splits = different(compare, "split"); splits > 1) {
    notes.push_back(sentence("note.splits", fmt::arg("splits", splits)));
  }
  for (const Json& model : compare.at("models").as_array()) {
    if (const Json* summary = model.find("summary")) {
      const std::string note = no_early_stopping_note(model.at("name").as_string(), *summary);
      if (!note.empty()) notes.push_back(note);
      for (std::string& of_loss : loss_notes(model.at("name").as_string(), *summary))
        notes.push_back(std::move(of_loss));
    }
    const Json* where = model.find("calibrated_on");
    if (where == nullptr) continue;
    const auto say = [&](std::string_view key) {
      notes.push_back(sentence(key, fmt::arg("model", model_caption(model.at("name").as_string()))));
    };
    if (where->as_string() == calibrated_on_name(CalibratedOn::kValidationPart)) say("note.calibrated_on_validation");
    const bool is_regression = compare.at("task").as_string() == data::task_name(data::Task::kRegression);
    if (where->as_string() == calibrated_on_name(CalibratedOn::kNothing) && !is_regression) say("note.not_calibrated");
  }
  return notes;
}

}  // namespace

std::string leakage_remark(const Json& result) {
  const Json* leaks = result.find("leakage");  // absent in files of earlier versions
  if (leaks == nullptr || leaks->size() == 0) return {};
  std::string what;
  std::set<std::string> named;
  for (const Json& leak : leaks->as_array()) {
    const Json* column = leak.find("column");
    const std::string name = column == nullptr ? sentence("leakage.rows") : column->as_string();
    if (named.insert(name).second) what += (what.empty() ? "" : ", ") + name;
  }
  return sentence("verdict.leakage", fmt::arg("what", what));
}

Verdict verdict_of(const Json& compare) {
  Verdict verdict;
  if (const std::string leaks = leakage_remark(compare); !leaks.empty()) verdict.remarks.push_back(leaks);
  verdict.notes = notes_of(compare);
  if (compare.at("best").is_null()) return verdict;
  const Figures figures(compare);
  verdict.text = who_won(figures);
  const std::string lost = text_model_loses(figures);
  if (!lost.empty()) verdict.text += (language() == Language::kChinese ? "" : " ") + lost;
  for (const std::string& remark : {what_fusion_adds(figures), small_test(figures, compare)}) {
    if (!remark.empty()) verdict.remarks.push_back(remark);
  }
  return verdict;
}

}  // namespace rift::study
