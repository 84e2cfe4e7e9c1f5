#include <string>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/study/compare.h"
#include "rift/study/judgement.h"
#include "rift/study/learner.h"
#include "rift/study/report/figure_text.h"
#include "rift/study/verdict.h"

namespace rift::study {
namespace {

using Lines = std::vector<std::vector<std::string>>;

std::vector<std::string> heading(const MainFigure& main, const std::vector<std::string>& others, const Json& models) {
  std::vector<std::string> line = {sentence("table.model"), sentence("table." + main.name), sentence("table.interval")};
  for (const std::string& name : others) line.push_back(sentence("table." + name));
  for (std::string& name : training_headings(models)) line.push_back(std::move(name));
  return line;
}

/// What stands beside the main figure.
std::vector<std::string> other_figures(const MainFigure& main) {
  if (main.name == "auc") return {"ks", "brier"};
  if (main.name == "log_loss") return {"accuracy", "macro_f1"};
  return {"mae", "r2"};
}

}  // namespace

std::string comparison_text(const Json& compare) {
  const MainFigure main = main_figure(compare.at("task").as_string());
  const std::vector<std::string> others = other_figures(main);
  const Json& models = compare.at("models");
  Lines lines = {heading(main, others, models)};
  for (const Json& model : models.as_array()) {
    const Json& test = model.at("metrics").at("test");
    std::vector<std::string> line = {model.at("name").as_string(), figure_text(test, main.name),
                                     interval_text(test, main.name)};
    for (const std::string& name : others) line.push_back(figure_text(test, name));
    for (std::string& text : training_texts(models, model)) line.push_back(std::move(text));
    lines.push_back(std::move(line));
  }
  std::string text = aligned(lines) + "\n";
  const Verdict verdict = verdict_of(compare);
  text += verdict.text + "\n";
  for (const std::string& remark : verdict.remarks) text += remark + "\n";
  for (const std::string& note : verdict.notes) text += note + "\n";
  for (const Json& skipped : compare.at("skipped").as_array()) {
    text += sentence("done.skipped_model", fmt::arg("model", model_caption(skipped.at("name").as_string())),
                     fmt::arg("why", skipped.at("why").as_string())) +
            "\n";
  }
  return text;
}

std::string metrics_text(const Json& metrics) {
  std::vector<std::pair<std::string, const Json*>> parts;
  for (const char* part : {"test", "validation"}) {
    if (const Json* found = metrics.find(part); found != nullptr && found->is_object()) {
      parts.emplace_back(sentence(std::string("part.") + part), found);
    }
  }
  if (const Json* found = metrics.find("metrics")) parts.emplace_back(sentence("table.value"), found);
  RIFT_REQUIRE(!parts.empty(), Code::kArtefact, "these are no metrics: neither 'test' nor 'metrics' is there");
  Lines lines = {{sentence("chart.metric")}};
  for (const auto& [name, figures] : parts) {
    lines.front().push_back(name);
    lines.front().push_back(sentence("table.interval"));
  }
  for (const Json::Member& member : parts.front().second->as_object()) {
    if (member.key == "rows") continue;
    std::vector<std::string> line = {sentence("table." + member.key)};
    for (const auto& [name, figures] : parts) {
      line.push_back(figure_text(*figures, member.key));
      line.push_back(interval_text(*figures, member.key));
    }
    lines.push_back(std::move(line));
  }
  std::vector<std::string> rows = {sentence("table.rows")};
  for (const auto& [name, figures] : parts) {
    rows.push_back(fmt::format("{}", figures->at("rows").as_int()));
    rows.emplace_back();
  }
  lines.push_back(std::move(rows));
  std::string text = aligned(lines);
  if (const Json* change = metrics.find("precision_change")) {
    const Json& beyond = change->at("beyond_bounds");
    const std::string verdict = beyond.is_null()
                                    ? sentence("evaluate.precision_within")
                                    : sentence("evaluate.precision_beyond", fmt::arg("why", beyond.as_string()));
    text += "\n" + precision_text(*change, verdict) + "\n";
  }
  const std::string leaks = leakage_remark(metrics);
  return text + (leaks.empty() ? "" : "\n" + leaks);
}

}  // namespace rift::study
