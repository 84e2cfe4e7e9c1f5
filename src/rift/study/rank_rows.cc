#include "rift/study/rank_rows.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "rift/base/error.h"
#include "rift/base/options.h"
#include "rift/data/load_dataset.h"
#include "rift/data/propose.h"
#include "rift/study/parts.h"
#include "rift/study/run_options.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

bool is_configuration(const std::string& source) {
  const std::string ending = fs::path(source).extension().string();
  return !data::is_query(source) && (ending == ".yaml" || ending == ".yml");
}

RunOptions options_of_run(const RankSpec& spec) {
  RIFT_REQUIRE(
      spec.label.empty() && spec.positive.empty() && spec.id.empty() && spec.task.empty() && spec.columns.empty(),
      Code::kConfig, "{}: a run.yaml says label, positive, id, task and columns itself; leave the flags out",
      spec.source);
  return read_run(spec.source, {});
}

/// What run.yaml would say of these records.
RunOptions options_of_records(const RankSpec& spec) {
  RIFT_REQUIRE(!spec.label.empty(), Code::kConfig, "rift models rank: --label: name the column to be predicted");
  RunOptions options;
  options.data.source = spec.source;
  options.data.label = {.column = spec.label, .positive = spec.positive};
  if (!spec.id.empty()) options.data.id = spec.id;
  for (const std::string& column : spec.columns) options.data.columns.emplace_back(column, data::Kind::kText);
  options.model.text.text.columns = spec.columns;
  options.model.text.max_tokens = spec.max_tokens;
  if (spec.task.empty()) {
    options.task = data::propose({.source = spec.source, .label = spec.label, .base_directory = {}}).task;
  } else {
    const auto named = value_named<data::Task>(spec.task);
    RIFT_REQUIRE(named, Code::kConfig, "--task: expected binary, multiclass or regression, got '{}'",
                 shorten(spec.task));
    options.task = *named;
  }
  if (!spec.positive.empty()) options.task = data::Task::kBinary;
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

void require_enough(const RankRows& rows) {
  std::map<double, int64_t> of_class;
  for (const double value : rows.label) ++of_class[value];
  const bool binary = rows.task == data::Task::kBinary;
  int64_t fewest = static_cast<int64_t>(rows.label.size());
  for (const auto& [value, count] : of_class) fewest = binary ? std::min(fewest, count) : fewest;
  RIFT_REQUIRE((rows.classes == 0 || of_class.size() > 1) && fewest >= rows.folds &&
                   static_cast<int64_t>(rows.label.size()) >= 2 * rows.folds,
               Code::kData, "{} rows, {} of the rarest class: too few for {} folds; raise --rows or lower --folds",
               rows.label.size(), fewest, rows.folds);
}

}  // namespace

RankRows load_rank_rows(const RankSpec& spec) {
  const bool of_run = is_configuration(spec.source);
  const RunOptions options = of_run ? options_of_run(spec) : options_of_records(spec);
  const fs::path folder = of_run ? fs::absolute(spec.source).parent_path() : fs::path();
  const data::Dataset dataset = data::load_dataset(
      {.task = options.task, .data = options.data, .split = options.split, .base_directory = folder});
  const std::vector<int64_t> chosen = sample(dataset, rows_to_judge_on(dataset, of_run), spec.rows, spec.seed);
  RankRows rows{.task = dataset.schema.task, .schema = dataset.schema, .text = options.model.text.text};
  rows.classes = rows.task == data::Task::kRegression ? 0 : dataset.schema.classes();
  rows.max_tokens = options.model.text.max_tokens;
  rows.table = data::take(dataset.table, chosen);
  rows.label = labels_of(dataset, chosen);
  rows.folds = spec.folds;
  require_enough(rows);
  rows.fold = data::inner_folds(dataset, chosen, spec.folds, static_cast<uint64_t>(spec.seed));
  return rows;
}

}  // namespace rift::study
