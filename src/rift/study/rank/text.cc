#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/report/charts.h"
#include "rift/report/page.h"
#include "rift/study/rank/rank.h"
#include "rift/study/report/figure_text.h"

namespace rift::study {
namespace {

using Lines = std::vector<std::vector<std::string>>;

/// Judged models, best probe first, then the others.
std::vector<size_t> order_of(const Ranking& ranking) {
  std::vector<size_t> order(ranking.models.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    const RankedModel& first = ranking.models[a];
    const RankedModel& second = ranking.models[b];
    if (first.problem.empty() != second.problem.empty()) return first.problem.empty();
    return first.problem.empty() && first.scores.probe.value > second.scores.probe.value;
  });
  return order;
}

std::string with_interval(const metrics::Estimate& estimate) {
  return fmt::format("{} [{}, {}]", shown(estimate.value), shown(estimate.low), shown(estimate.high));
}

double share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

std::string percent(int64_t part, int64_t whole) { return fmt::format("{:.1f} %", 100.0 * share(part, whole)); }

std::vector<std::string> headings(const Ranking& ranking) {
  const auto metric = fmt::arg("metric", sentence("rank." + ranking.metric));
  return {sentence("rank.model"),       sentence("rank.probe", metric), sentence("rank.neighbours", metric),
          sentence("rank.log_me"),      sentence("rank.h_score"),       sentence("rank.shrunk"),
          sentence("rank.parameters"),  sentence("rank.speed"),         sentence("rank.memory"),
          sentence("rank.tokens_word"), sentence("rank.unknown"),       sentence("rank.cut"),
          sentence("rank.language")};
}

std::string language_text(const package::LanguageLoss& loss) {
  if (loss.objective.empty()) return "-";
  return sentence("rank." + loss.objective, fmt::arg("nats", fmt::format("{:.2f}", loss.nats_per_token)));
}

std::vector<std::string> cells(const RankedModel& model) {
  const ModelScores& scores = model.scores;
  const package::TokenCounts& tokens = model.tokens;
  return {model.name,
          with_interval(scores.probe),
          with_interval(scores.neighbours),
          with_interval(scores.log_me),
          scores.h_score ? with_interval(*scores.h_score) : "-",
          scores.shrunk_h_score ? with_interval(*scores.shrunk_h_score) : "-",
          fmt::format("{:.1f}", 1e-6 * static_cast<double>(model.parameters)),
          shown(model.rows_per_second),
          fmt::format("{:.0f}", model.peak_memory_mib),
          fmt::format("{:.2f}", share(tokens.tokens, tokens.words)),
          percent(tokens.unknown, tokens.tokens),
          percent(tokens.truncated, tokens.rows),
          language_text(model.language)};
}

Lines table_of(const Ranking& ranking) {
  Lines lines = {headings(ranking)};
  for (const size_t i : order_of(ranking)) {
    if (ranking.models[i].problem.empty()) lines.push_back(cells(ranking.models[i]));
  }
  return lines;
}

std::vector<std::string> problems_of(const Ranking& ranking) {
  std::vector<std::string> problems;
  for (const RankedModel& model : ranking.models) {
    if (!model.problem.empty())
      problems.push_back(sentence("rank.problem", fmt::arg("model", model.name), fmt::arg("why", model.problem)));
  }
  return problems;
}

std::string judged_on(const Ranking& ranking) {
  return sentence("rank.judged_on", fmt::arg("rows", ranking.rows), fmt::arg("folds", ranking.folds));
}

std::string advice(const Ranking& ranking) { return ranking.take ? ranking.recommendation : sentence("rank.none"); }

Json to_json(const metrics::Estimate& estimate) {
  return Json{{"value", estimate.value}, {"low", estimate.low}, {"high", estimate.high}};
}

Json to_json(const std::optional<metrics::Estimate>& estimate) { return estimate ? to_json(*estimate) : Json(); }

Json to_json(const package::TokenCounts& tokens) {
  return Json{{"rows", tokens.rows},
              {"tokens", tokens.tokens},
              {"words", tokens.words},
              {"unknown", tokens.unknown},
              {"tokens_per_word", share(tokens.tokens, tokens.words)},
              {"unknown_share", share(tokens.unknown, tokens.tokens)},
              {"truncated_share", share(tokens.truncated, tokens.rows)}};
}

Json to_json(const package::LanguageLoss& loss) {
  if (loss.objective.empty()) return Json{{"objective", nullptr}, {"why_not", loss.why_not}};
  return Json{{"objective", loss.objective}, {"nats_per_token", loss.nats_per_token}, {"tokens", loss.tokens}};
}

Json to_json(const RankedModel& model) {
  if (!model.problem.empty()) return Json{{"name", model.name}, {"problem", model.problem}};
  const ModelScores& scores = model.scores;
  return Json{{"name", model.name},
              {"probe", to_json(scores.probe)},
              {"probe_folds", scores.probe_folds},
              {"neighbours", to_json(scores.neighbours)},
              {"neighbours_folds", scores.neighbour_folds},
              {"log_me", to_json(scores.log_me)},
              {"h_score", to_json(scores.h_score)},
              {"shrunk_h_score", to_json(scores.shrunk_h_score)},
              {"parameters", model.parameters},
              {"width", model.width},
              {"pooling", model.pooling},
              {"max_tokens", model.max_tokens},
              {"rows_per_second", model.rows_per_second},
              {"peak_memory_mib", model.peak_memory_mib},
              {"trained_on_this_source", model.knows_rows},
              {"tokens", to_json(model.tokens)},
              {"language_loss", to_json(model.language)}};
}

Json chart_of(const Ranking& ranking) {
  report::IntervalChartSpec chart;
  for (const size_t i : order_of(ranking)) {
    const RankedModel& model = ranking.models[i];
    if (!model.problem.empty()) continue;
    chart.names.push_back(model.name);
    chart.value.push_back(model.scores.probe.value);
    chart.low.push_back(model.scores.probe.low);
    chart.high.push_back(model.scores.probe.high);
  }
  chart.x_title = headings(ranking)[1];
  return report::interval_chart(chart);
}

void write_page(const Ranking& ranking, const std::filesystem::path& file) {
  report::Page page(sentence("rank.title"), judged_on(ranking));
  page.section(sentence("rank.title"), "ranking");
  page.notice(advice(ranking));
  const Lines lines = table_of(ranking);
  report::Page::TableSpec table{.columns = lines.front(), .rows = {}, .caption = {}};
  for (size_t i = 1; i < lines.size(); ++i) {
    std::vector<report::Page::Cell> row;
    for (const std::string& text : lines[i]) row.push_back({.text = text, .number = !row.empty()});
    table.rows.push_back(std::move(row));
  }
  page.table(table);
  if (ranking.take) page.chart(chart_of(ranking), sentence("rank.chart"));
  for (const std::string& problem : problems_of(ranking)) page.paragraph(problem);
  page.paragraph(sentence("rank.meaning"));
  page.write(file);
}

}  // namespace

Json to_json(const Ranking& ranking) {
  Json models = Json::array();
  for (const RankedModel& model : ranking.models) models.push_back(to_json(model));
  return Json{{"task", data::task_name(ranking.task)},
              {"rows", ranking.rows},
              {"folds", ranking.folds},
              {"metric", ranking.metric},
              {"chance", ranking.chance},
              {"models", std::move(models)},
              {"take", ranking.take ? Json(ranking.models[*ranking.take].name) : Json()},
              {"recommendation", ranking.recommendation}};
}

std::string ranking_text(const Ranking& ranking) {
  std::string text = judged_on(ranking) + "\n\n";
  const Lines lines = table_of(ranking);
  if (lines.size() > 1) text += aligned(lines) + "\n";
  for (const std::string& problem : problems_of(ranking)) text += problem + "\n";
  return text + advice(ranking) + "\n";
}

void write_ranking(const Ranking& ranking, const std::string& file) {
  const std::string ending = std::filesystem::path(file).extension().string();
  if (ending == ".json") return write_file_atomic(file, to_json_text(to_json(ranking), 2) + "\n");
  RIFT_REQUIRE(ending == ".html", Code::kConfig,
               "{}: a ranking is written to .json or .html; give the file such an ending", file);
  write_page(ranking, file);
}

}  // namespace rift::study
