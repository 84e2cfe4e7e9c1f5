#include "rift/study/run/directory.h"

#include <algorithm>
#include <limits>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/base/threads.h"
#include "rift/data/table_writer.h"
#include "rift/package/backbone.h"
#include "rift/package/execution.h"
#include "rift/package/format/manifest.h"
#include "rift/package/format/package.h"
#include "rift/study/run/place.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& run_file) { return fs::absolute(run_file).parent_path(); }

void move_split_files(const StudySpec& spec, data::SplitOptions& split) {
  auto* files = std::get_if<data::FilesSplit>(&split.kind);
  if (files == nullptr) return;
  for (std::string* path : {&files->test, &files->calibration, &files->validation}) {
    *path = seen_from(spec.directory, spec.run_file, *path);
  }
}

bool has_query(const RunOptions& options) {
  const auto* files = std::get_if<data::FilesSplit>(&options.split.kind);
  return data::is_query(options.data.source) ||
         (files != nullptr &&
          (data::is_query(files->test) || data::is_query(files->calibration) || data::is_query(files->validation)));
}

bool fine_tunes(const RunOptions& options) {
  const auto& models = options.compare.models;
  return std::find(models.begin(), models.end(), ModelKind::kFineTuned) != models.end();
}

data::Texts repeated(std::string_view value, int64_t rows) {
  data::Texts texts;
  for (int64_t i = 0; i < rows; ++i) texts.append(value);
  return texts;
}

data::Numbers repeated(int64_t value, int64_t rows) {
  return {std::vector<double>(static_cast<size_t>(rows), static_cast<double>(value))};
}

void add_labels(const data::Dataset& dataset, std::span<const int64_t> rows, data::Table& table) {
  const std::vector<double> labels = labels_of(dataset, rows);
  const std::vector<std::string>& names = dataset.schema.class_names;
  if (dataset.schema.task == data::Task::kMultilabel) {
    for (size_t label = 0; label < names.size(); ++label) {
      data::Numbers holds;
      for (const double set : labels) holds.values.push_back(data::holds(set, static_cast<int64_t>(label)) ? 1.0 : 0.0);
      table.add({.name = "label_" + names[label], .values = std::move(holds)});
    }
  } else if (data::has_classes(dataset.schema.task)) {
    data::Texts texts;
    for (const double label : labels) texts.append(names[static_cast<size_t>(label)]);
    table.add({.name = "label", .values = std::move(texts)});
  } else {
    table.add({.name = "label", .values = data::Numbers{labels}});
  }
}

/// Of a model that says no quantiles the columns of the others' are empty, so that all have the same.
void add_missing_levels(const std::vector<double>& levels, const score::RawScores& raw, data::Table& table) {
  if (!raw.levels.empty()) return;
  const std::vector<double> nothing(static_cast<size_t>(table.rows), std::numeric_limits<double>::quiet_NaN());
  for (const double level : levels)
    table.add({.name = score::quantile_column(level), .values = data::Numbers{nothing}});
}

data::Table predictions_table(const data::Dataset& dataset, const ScoredRows& scored,
                              const std::vector<double>& levels) {
  data::Table table =
      score::decision_table(dataset.schema, ids_of(dataset, scored.rows), scored.raw, scored.calibrator, scored.policy);
  add_missing_levels(levels, scored.raw, table);
  table.add({.name = "part", .values = repeated(data::part_name(scored.part), table.rows)});
  add_labels(dataset, scored.rows, table);
  table.add({.name = "model", .values = repeated(scored.model, table.rows)});
  table.add({.name = "seed", .values = repeated(scored.seed, table.rows)});
  table.add({.name = "split", .values = repeated(scored.split, table.rows)});
  if (scored.labels) table.add({.name = "labels", .values = repeated(*scored.labels, table.rows)});
  return table;
}

std::vector<data::TableWriter::ColumnSpec> column_specs(const data::Dataset& dataset, const data::Table& table) {
  std::vector<data::TableWriter::ColumnSpec> specs;
  for (const data::Column& column : table.columns) {
    const bool whole = column.name == "points" || column.name == "seed" || column.name == "split" ||
                       column.name == "labels" ||
                       (column.name == "label" && dataset.schema.task == data::Task::kBinary) ||
                       (column.name.starts_with("label_") && dataset.schema.task == data::Task::kMultilabel);
    specs.push_back({.name = column.name, .storage = column.storage(), .whole_number = whole});
  }
  return specs;
}

}  // namespace

std::string seen_from(const fs::path& directory, const fs::path& run_file, const std::string& path) {
  if (path.empty() || data::is_query(path) || fs::path(path).is_absolute()) return path;
  return (folder_of(run_file) / path)
      .lexically_normal()
      .lexically_relative(fs::absolute(directory).lexically_normal())
      .string();
}

Json input_json(const std::string& what, const fs::path& file) {
  return Json{{"what", what}, {"file", file.filename().string()}, {"sha256", sha256_file(file)}};
}

void add_backbone(const fs::path& backbone, Json& inputs) {
  std::vector<fs::path> files;
  std::error_code ignored;
  if (fs::is_regular_file(backbone, ignored)) files.push_back(backbone);
  for (const fs::directory_entry& entry : fs::directory_iterator(backbone, ignored)) {
    const std::string ending = entry.path().extension().string();
    if (entry.is_regular_file() &&
        (ending == ".json" || ending == ".txt" || ending == ".safetensors" || ending == ".gguf")) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) inputs.push_back(input_json(kBackboneInput + backbone.filename().string(), file));
}

RunOptions resolved_options(const StudySpec& spec, const data::Dataset& dataset) {
  RunOptions options = spec.options;
  options.data.source = seen_from(spec.directory, spec.run_file, options.data.source);
  if (has_query(options))
    options.data.folder = seen_from(spec.directory, spec.run_file, options.data.folder.value_or("."));
  if (options.data.captions) options.data.captions = seen_from(spec.directory, spec.run_file, *options.data.captions);
  move_split_files(spec, options.split);
  if (dataset.schema.task == data::Task::kBinary && options.data.label.positive.empty()) {
    options.data.label.positive = {dataset.schema.class_names.at(1)};
  }
  options.data.columns.clear();
  for (const data::Field& field : dataset.schema.fields) {
    if (field.role == data::Role::kFeature || field.role == data::Role::kIgnored) {
      options.data.columns.emplace_back(field.name,
                                        field.role == data::Role::kIgnored ? data::Kind::kIgnore : field.kind);
    }
  }
  return options;
}

void set_pooling(const Json& summary, RunOptions& resolved) {
  if (const Json* pooling = summary.find("pooling")) {
    read_options(Json{{"pooling", *pooling}}, "summary", resolved.model.text);
  }
}

StudySpec with_backbone(StudySpec spec, bool needed) {
  if (!needed) return spec;
  for (std::string* path : texts_beside_the_rows(spec.options)) {
    if (!path->empty()) *path = (folder_of(spec.run_file) / *path).string();
  }
  if (auto& mlflow = spec.options.train.mlflow; mlflow && !mlflow->is_address()) {
    mlflow->store = (folder_of(spec.run_file) / mlflow->store).lexically_normal().string();
  }
  spec.options.model.text.backbone =
      package::resolve_backbone(spec.options.model.text.backbone, folder_of(spec.run_file)).string();
  return spec;
}

void write_run_yaml(const fs::path& directory, const RunOptions& resolved) {
  write_file_atomic(directory / "run.yaml", to_yaml_text(write_options(resolved)));
}

std::vector<std::string*> texts_beside_the_rows(RunOptions& options) {
  std::vector<std::string*> paths;
  if (objective::UnlabelledTexts* source = objective::texts_of(options.objective.anchor)) {
    paths.push_back(&source->texts);
  }
  if (auto* ewc = std::get_if<objective::EwcAnchor>(&options.objective.anchor.kind); ewc != nullptr) {
    paths.push_back(&ewc->fisher);
  }
  if (options.train.forgetting) paths.push_back(&options.train.forgetting->source.texts);
  return paths;
}

Json inputs_json(const StudySpec& spec, const data::Dataset& dataset) {
  Json inputs = Json::array();
  inputs.push_back(input_json(kConfigurationInput, spec.run_file));
  inputs.push_back(
      Json{{"what", "records"},
           {"file",
            data::is_query(spec.options.data.source) ? "sql" : fs::path(spec.options.data.source).filename().string()},
           {"sha256", dataset.source_sha256}});
  if (spec.options.data.captions) {
    inputs.push_back(input_json("captions", folder_of(spec.run_file) / *spec.options.data.captions));
  }
  if (fine_tunes(spec.options) && !spec.options.model.text.backbone.empty()) {
    add_backbone(spec.options.model.text.backbone, inputs);
    RunOptions options = spec.options;
    for (const std::string* path : texts_beside_the_rows(options)) {
      if (fs::is_regular_file(*path)) inputs.push_back(input_json("texts", *path));
    }
  }
  return inputs;
}

Json manifest_json(const StudySpec& spec, Json inputs, const std::string& split_digest) {
  Json seeds = Json::array();
  for (int64_t i = 0; i < spec.options.compare.seeds; ++i) seeds.push_back(spec.options.train.seed + i);
  Json json = package::describe_environment();
  json["model_execution"] = package::describe_execution(spec.device);
  json["device"] = spec.device;
  json["seeds"] = std::move(seeds);
  json["split"] = split_digest;
  json["made_from"] = made_from(spec, inputs, split_digest);
  json["inputs"] = std::move(inputs);
  return json;
}

Json results_json(const fs::path& directory) {
  Json results = Json::array();
  for (const char* name : {kCompareFile, kMetricsFile, kCurveFile, "report.json", "predictions.parquet"}) {
    if (!fs::exists(directory / name)) continue;
    results.push_back(Json{{"file", name}, {"sha256", sha256_file(directory / name)}});
  }
  return results;
}

void check_results(const fs::path& directory, const Json& manifest) {
  const Json* results = manifest.find("results");
  if (results == nullptr) return;
  for (const Json& result : results->as_array()) {
    const fs::path file = directory / result.at("file").as_string();
    RIFT_REQUIRE(
        fs::exists(file) && Json(sha256_file(file)) == result.at("sha256"), Code::kArtefact,
        "{}: {} since the run wrote it (SHA-256 in manifest.json); put the original file back, or make the run "
        "anew with --overwrite",
        file.string(), fs::exists(file) ? "was changed" : "was removed");
  }
}

void forget_results(const fs::path& directory) {
  std::error_code ignored;
  // The manifest first: without it nothing that lies there counts as finished.
  for (const std::string_view name :
       {package::kManifestFile, std::string_view(kCompareFile), std::string_view(kMetricsFile),
        std::string_view(kCurveFile), std::string_view(kSearchFile), std::string_view("report.html"),
        std::string_view("report.json"), std::string_view("predictions.parquet")}) {
    fs::remove(directory / name, ignored);
  }
}

void forget_model(const fs::path& folder) {
  std::error_code ignored;
  for (const char* name : {"package", "checkpoints", "tb", "log.jsonl", "timing.jsonl"}) {
    fs::remove_all(folder / name, ignored);
  }
  fs::remove(folder, ignored);  // fails where somebody else's files are in it
}

void write_json(const fs::path& file, const Json& json) { write_file_atomic(file, to_json_text(json, 2) + "\n"); }

void write_predictions(const fs::path& file, const data::Dataset& dataset, const std::vector<ScoredRows>& scored) {
  std::unique_ptr<data::TableWriter> writer;
  const auto of_levels = std::ranges::find_if(scored, [](const ScoredRows& rows) { return !rows.raw.levels.empty(); });
  const std::vector<double> levels = of_levels == scored.end() ? std::vector<double>{} : of_levels->raw.levels;
  for (const ScoredRows& rows : scored) {
    if (rows.rows.empty()) continue;
    const data::Table table = predictions_table(dataset, rows, levels);
    if (writer == nullptr) writer = std::make_unique<data::TableWriter>(file, column_specs(dataset, table));
    writer->append(table);
  }
  if (writer != nullptr) writer->finish();
}

}  // namespace rift::study
