#include "rift/study/rank/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/options.h"
#include "rift/data/load_dataset.h"
#include "rift/data/propose.h"
#include "rift/data/row_stream.h"
#include "rift/study/parts.h"
#include "rift/study/run/options.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

bool is_configuration(const std::string& source) {
  const std::string ending = fs::path(source).extension().string();
  return !data::is_query(source) && (ending == ".yaml" || ending == ".yml");
}

RunOptions options_of_run(const RankSpec& spec) {
  RIFT_REQUIRE(spec.label.empty() && spec.positive.empty() && spec.id.empty() && !spec.task && spec.columns.empty() &&
                   !spec.max_tokens,
               Code::kConfig,
               "{}: a run.yaml says label, positive, id, task, columns and max_tokens itself; leave the flags out",
               spec.source);
  RunOptions options = read_run(spec.source, {});
  take_one_fold(options.split);
  return options;
}

data::Task task_of_records(const RankSpec& spec) {
  RIFT_REQUIRE(spec.positive.empty() || spec.task.value_or(data::Task::kBinary) == data::Task::kBinary, Code::kConfig,
               "--positive: of two classes one counts as bad; leave it out, or say --task binary instead of {}",
               data::task_name(*spec.task));
  RIFT_REQUIRE(spec.task != data::Task::kOrdinal && spec.task != data::Task::kMultilabel, Code::kConfig,
               "--task: records are ranked as binary, multiclass or regression, not as {}; a run.yaml may say ordinal",
               data::task_name(*spec.task));
  if (spec.task) return *spec.task;
  if (!spec.positive.empty()) return data::Task::kBinary;
  return data::guess_task({.source = spec.source, .label = spec.label, .base_directory = {}});
}

/// What run.yaml would say of these records.
RunOptions options_of_records(const RankSpec& spec) {
  RIFT_REQUIRE(!spec.label.empty(), Code::kConfig, "rift models rank: --label: name the column to be predicted");
  data::require_column(spec.source, spec.label, "--label");
  if (!spec.id.empty()) data::require_column(spec.source, spec.id, "--id");
  for (const std::string& column : spec.columns) data::require_column(spec.source, column, "--columns");
  RunOptions options;
  options.data.source = spec.source;
  options.data.label = {.column = spec.label, .positive = spec.positive};
  if (!spec.id.empty()) options.data.id = spec.id;
  for (const std::string& column : spec.columns) options.data.columns.emplace_back(column, data::Kind::kText);
  options.model.text.text.columns = spec.columns;
  if (spec.max_tokens) options.model.text.max_tokens = *spec.max_tokens;
  options.task = task_of_records(spec);
  // The split is not looked at; this one asks least of the rows.
  options.split.kind =
      data::KFoldSplit{.k = 2, .fold = 0, .stratified = options.task != data::Task::kRegression, .validation = 0.0};
  return options;
}

std::vector<int64_t> rows_to_judge_on(const data::Dataset& dataset, bool of_run) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < dataset.rows(); ++row) {
    const data::Part part = dataset.split.part[static_cast<size_t>(row)];
    if (!of_run || part == data::Part::kTrain || part == data::Part::kValidation) rows.push_back(row);
  }
  return rows;
}

/// The first `count` of `rows` by key, in their order.
std::vector<int64_t> sample(const data::Dataset& dataset, const std::vector<int64_t>& rows, int64_t count,
                            int64_t seed) {
  if (static_cast<int64_t>(rows.size()) <= count) return rows;
  std::vector<uint64_t> ids;
  for (const int64_t row : rows) ids.push_back(dataset.split_row[static_cast<size_t>(row)]);
  std::vector<int64_t> chosen;
  for (const int64_t place : data::rank_order(ids, static_cast<uint64_t>(seed))) {
    if (static_cast<int64_t>(chosen.size()) == count) break;
    chosen.push_back(rows[static_cast<size_t>(place)]);
  }
  std::ranges::sort(chosen);
  return chosen;
}

/// Whether the rows of `fold` can be judged by what the others teach.
bool can_be_judged(const RankRows& rows, int32_t fold) {
  std::set<double> inside, outside;
  for (size_t row = 0; row < rows.label.size(); ++row)
    (rows.fold[row] == fold ? inside : outside).insert(rows.label[row]);
  // AUC takes both classes, R2 labels that differ, accuracy any row; a probe learns from two labels.
  const size_t least = data::has_classes(rows.task) ? 1 : 2;
  return inside.size() >= least && outside.size() >= 2;
}

void require_enough(const RankRows& rows, const std::set<std::string>& groups) {
  bool enough = true;
  for (int32_t fold = 0; fold < static_cast<int32_t>(rows.folds); ++fold) enough = enough && can_be_judged(rows, fold);
  if (enough) return;
  std::map<double, int64_t> of_label;
  for (const double value : rows.label) ++of_label[value];
  const auto rarest = std::ranges::min_element(of_label, {}, [](const auto& entry) { return entry.second; })->second;
  std::string what = fmt::format("{} rows", rows.label.size());
  if (rows.classes > 0) what += fmt::format(" of {} classes, {} of the rarest", of_label.size(), rarest);
  if (!groups.empty()) what += fmt::format(", in {} groups that stay together", groups.size());
  RIFT_FAIL(Code::kData,
            "{}: too few for {} folds, each of which is judged by what the others teach; raise --rows or "
            "lower --folds",
            what, rows.folds);
}

RankRows load_rows(const RankSpec& spec) {
  const bool of_run = is_configuration(spec.source);
  const RunOptions options = of_run ? options_of_run(spec) : options_of_records(spec);
  const fs::path folder = of_run ? fs::absolute(spec.source).parent_path() : fs::path();
  const data::Dataset dataset = data::load_dataset(
      {.task = options.task, .data = options.data, .split = options.split, .base_directory = folder});
  const std::vector<int64_t> chosen = sample(dataset, rows_to_judge_on(dataset, of_run), spec.rows, spec.seed);
  RIFT_REQUIRE(dataset.schema.task != data::Task::kMultilabel, Code::kUnsupported,
               "rift models rank: one label is what models are ranked by, this task is multilabel; name one column and "
               "task: binary");
  RankRows rows{.task = dataset.schema.task, .schema = dataset.schema, .text = options.model.text.text};
  rows.classes = rows.task == data::Task::kRegression ? 0 : dataset.schema.classes();
  rows.max_tokens = options.model.text.max_tokens;
  rows.table = data::take(dataset.table, chosen);
  rows.label = labels_of(dataset, chosen);
  rows.folds = spec.folds;
  rows.source_sha256 = dataset.source_sha256;
  rows.fold = data::inner_folds(dataset, chosen, spec.folds, static_cast<uint64_t>(spec.seed));
  std::set<std::string> groups;
  for (const int64_t row : chosen) {
    if (!dataset.group.empty()) groups.insert(dataset.group[static_cast<size_t>(row)]);
  }
  require_enough(rows, groups);
  const encode::text::RowText text(rows.schema, rows.text);
  RIFT_REQUIRE(!text.columns().empty() || text.writes_table(), Code::kConfig,
               "{}: no column holds texts that a model could read; name some with --columns, or set "
               "model.text.from_table: always in a run.yaml",
               spec.source);
  return rows;
}

/// A message about records in the words of the command line: nobody wrote the keys of a run.yaml.
std::string in_flags(std::string message) {
  constexpr std::pair<std::string_view, std::string_view> kFlags[] = {
      {"data.label.positive", "--positive"}, {"data.label.column", "--label"}, {"data.id", "--id"},
      {"model.text.columns", "--columns"},   {"text.columns", "--columns"},    {"data.source", "DATA"}};
  for (const auto& [key, flag] : kFlags) {
    for (size_t at = message.find(key); at != std::string::npos; at = message.find(key, at + flag.size()))
      message.replace(at, key.size(), flag);
  }
  return message;
}

}  // namespace

RankRows load_rank_rows(const RankSpec& spec) {
  if (is_configuration(spec.source)) return load_rows(spec);
  try {
    return load_rows(spec);
  } catch (const Error& error) {
    RIFT_FAIL(error.code(), "{}", in_flags(error.message()));
  }
}

}  // namespace rift::study
