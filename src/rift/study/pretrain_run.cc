#include "rift/study/pretrain_run.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <variant>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/data/options.h"
#include "rift/package/backbone.h"
#include "rift/package/execution.h"
#include "rift/package/format/package.h"
#include "rift/study/early_stopping.h"
#include "rift/study/run/directory.h"
#include "rift/study/run/options.h"
#include "rift/study/run/place.h"
#include "rift/train/pretrain/document_stream.h"
#include "rift/train/pretrain/pretrain.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

class PretrainRun {
 public:
  explicit PretrainRun(const PretrainRunSpec& spec) : spec_(spec), folder_(fs::absolute(spec.run_file).parent_path()) {
    place_.directory = spec.directory;
    place_.resume = spec.resume;
    place_.overwrite = spec.overwrite;
    require_held_out();
    train::PretrainTextOptions& text = spec_.options.model.text;
    if (!spec_.init_from.empty()) {
      spec_.init_from = start();
      text.backbone = spec_.init_from.string();
    }
    RIFT_REQUIRE(!text.config || fs::is_regular_file(folder_ / *text.config), Code::kArtefact,
                 "model.text.config {}: no such file; expected the config.json that a new model is to have",
                 text.config.value_or(""));
    if (!text.config) text.backbone = package::model_in(package::resolve_backbone(text.backbone, folder_)).string();
    if (auto& mlflow = spec_.options.train.mlflow; mlflow && !mlflow->is_address()) {
      mlflow->store = (folder_ / mlflow->store).lexically_normal().string();
    }
    std::optional<std::string>& tokenizer = spec_.options.tokenizer.from;
    if (tokenizer) tokenizer = package::resolve_backbone(*tokenizer, folder_).string();
  }

  Json run() {
    require_documents();  // first: what is not there leaves no folder
    const DirectoryLock held = take_place(place_, kMetricsFile);
    const Json inputs = this->inputs();
    const Json made = made_from({.options = write_options(without_places()),
                                 .inputs = inputs,
                                 .split_digest = "",
                                 .device = spec_.device,
                                 .init_from = {}});  // its files are among the inputs
    if (auto before = finished_result(place_, kMetricsFile, made)) return *before;
    forget_results(spec_.directory);
    write_file_atomic(spec_.directory / "run.yaml", to_yaml_text(write_options(seen_from_directory())));
    const Json metrics = train::pretrain({.options = spec_.options,
                                          .base_directory = folder_,
                                          .directory = spec_.directory,
                                          .resume = spec_.resume,
                                          .device = spec_.device});
    write_json(spec_.directory / kMetricsFile, metrics);
    write_json(spec_.directory / "manifest.json", manifest(inputs, made));
    return metrics;
  }

 private:
  /// For what goes by held-out documents, which would do nothing without them.
  void require_held_out() const {
    const train::PretrainOptions& options = spec_.options;
    if (options.pretrain.held_out > 0) return;
    std::string_view key = idle_key(options.train.early_stopping);
    if (options.train.soup > 1) key = "train.soup";
    if (std::holds_alternative<optim::PlateauSchedule>(options.optim.schedule.kind)) key = "optim.schedule: plateau";
    RIFT_REQUIRE(key.empty(), Code::kConfig,
                 "{}: it goes by held-out documents, and pretrain.held_out is 0; set that to a share of them, such as "
                 "0.05, or leave the key out",
                 key);
  }

  /// --init-from takes the backbone's place.
  fs::path start() const {
    const train::PretrainOptions& options = spec_.options;
    RIFT_REQUIRE(!options.model.text.config && !options.tokenizer.from && !options.tokenizer.train, Code::kConfig,
                 "--init-from: a model that is trained further has a config and a tokenizer; leave --init-from out, or "
                 "model.text.config and tokenizer (--set model.text.config=null --set tokenizer={{}})");
    RIFT_REQUIRE(fs::exists(spec_.init_from), Code::kArtefact, "--init-from {}: no such directory",
                 spec_.init_from.string());
    return (fs::absolute(spec_.init_from) / "").lexically_normal().parent_path();
  }

  /// Models lie where they lie: what a run follows from is their files.
  train::PretrainOptions without_places() const {
    train::PretrainOptions options = spec_.options;
    options.model.text.backbone.clear();
    if (options.tokenizer.from) options.tokenizer.from = "";
    return options;
  }

  /// A file and its columns; what a query gives is only known once it has run.
  void require_documents() const {
    const train::DocumentSource source = train::documents_of(spec_.options.data, folder_);
    if (!data::is_query(source.source)) train::open_documents(source);
  }

  Json inputs() const {
    Json inputs = Json::array();
    inputs.push_back(input_json(kConfigurationInput, spec_.run_file));
    const train::DocumentSource source = train::documents_of(spec_.options.data, folder_);
    if (data::is_query(source.source)) {
      inputs.push_back(Json{{"what", "documents"}, {"file", "sql"}, {"sha256", train::sha256_of_documents(source)}});
    } else {
      const auto documents = train::open_documents(source);
      for (const std::string& file : documents->files()) inputs.push_back(input_json("documents", file));
    }
    const train::PretrainTextOptions& text = spec_.options.model.text;
    if (text.config) inputs.push_back(input_json("model", folder_ / *text.config));
    if (!text.backbone.empty()) add_backbone(text.backbone, inputs);
    if (spec_.options.tokenizer.from) add_backbone(*spec_.options.tokenizer.from, inputs);
    return inputs;
  }

  /// The options as run.yaml in the run's directory has to say them.
  train::PretrainOptions seen_from_directory() const {
    train::PretrainOptions options = spec_.options;
    const auto moved = [&](const std::string& path) { return seen_from(spec_.directory, spec_.run_file, path); };
    options.data.source = moved(options.data.source);
    if (data::is_query(options.data.source)) options.data.folder = moved(options.data.folder.value_or("."));
    if (options.model.text.config) options.model.text.config = moved(*options.model.text.config);
    return options;
  }

  Json manifest(Json inputs, const Json& made) const {
    Json json = package::describe_environment();
    json["model_execution"] = package::describe_execution(spec_.device);
    json["device"] = spec_.device;
    json["seed"] = spec_.options.train.seed;
    json["init_from"] = spec_.init_from.empty() ? Json() : Json(spec_.init_from.filename().string());
    json["made_from"] = made;
    json["inputs"] = std::move(inputs);
    json["results"] = results_json(spec_.directory);
    return json;
  }

  PretrainRunSpec spec_;  // backbones and init_from made absolute
  fs::path folder_;       // of run.yaml
  StudySpec place_;
};

std::string figures_text(const std::string& key, const Json& figures, int64_t step) {
  return sentence(key, fmt::arg("step", step), fmt::arg("loss", fmt::format("{:.4f}", figures.at("loss").as_double())),
                  fmt::arg("perplexity", fmt::format("{:.1f}", figures.at("perplexity").as_double())),
                  fmt::arg("accuracy", fmt::format("{:.1f}", 100 * figures.at("accuracy").as_double())));
}

}  // namespace

train::PretrainOptions read_pretrain_run(const fs::path& file, const std::vector<std::string>& sets) {
  const Json root = read_run_yaml(file, sets);
  train::PretrainOptions options;
  read_options(root, file.string(), options);
  RIFT_REQUIRE(!options.data.source.empty(), Code::kConfig, "{}: data.source is missing: a file, a glob or 'sql: ...'",
               file.string());
  return options;
}

OptionDoc describe_pretrain_options() { return describe_options<train::PretrainOptions>(); }

Json run_pretrain(const PretrainRunSpec& spec) {
  return without_trace(spec.directory, [&] { return PretrainRun(spec).run(); });
}

std::string pretrain_text(const Json& metrics) {
  const Json& data = metrics.at("data");
  std::string text = sentence("pretrain.data", fmt::arg("documents", data.at("train").at("documents").as_int()),
                              fmt::arg("tokens", data.at("train").at("tokens").as_int()),
                              fmt::arg("held_out", data.at("held_out").at("documents").as_int())) +
                     "\n";
  const Json& best = metrics.at("best");
  if (best.is_null()) {
    return text + sentence("pretrain.no_held_out", fmt::arg("step", metrics.at("steps").as_int()),
                           fmt::arg("loss", fmt::format("{:.4f}", metrics.at("last_step").at("loss").as_double())));
  }
  text += figures_text("pretrain.before", metrics.at("start"), 0) + "\n";
  return text + figures_text("pretrain.best", best.at("figures"), best.at("step").as_int());
}

}  // namespace rift::study
