#include "rift/study/bench.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/options.h"
#include "rift/base/sentences.h"
#include "rift/base/threads.h"
#include "rift/package/backbone.h"
#include "rift/package/execution.h"
#include "rift/package/format/package.h"
#include "rift/study/report/figure_text.h"
#include "rift/study/run/options.h"
#include "rift/train/speed.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

/// The keys of run.yaml that say what is timed.
struct BenchOptions {
  struct Model {
    train::TextModelOptions text;
    template <class V>
    void visit(V& v) {
      v("text", text, "The pretrained text model.");
    }
  };
  Model model;
  tuning::TuningOptions tuning;
  objective::ObjectiveOptions objective;
  optim::OptimOptions optim;
  train::TrainOptions train;
  template <class V>
  void visit(V& v) {
    v("model", model, "Pretrained model.");
    v("tuning", tuning, "Which parameters move.");
    v("objective", objective, "min L_task + lambda * L_pretrain.");
    v("optim", optim, "How a step is made.");
    v("train", train, "The loop.");
  }
  train::FineTuneOptions fine_tune() const {
    return {.text = model.text, .tuning = tuning, .objective = objective, .optim = optim, .train = train};
  }
};

bool is_asked(const BenchSpec& spec, std::string_view part) {
  return std::find(spec.parts.begin(), spec.parts.end(), part) != spec.parts.end();
}

template <class Range>
void require_names(const char* flag, const std::vector<std::string>& asked, const Range& known) {
  RIFT_REQUIRE(!asked.empty(), Code::kConfig, "rift bench {}: expected some of {}", flag, fmt::join(known, ", "));
  for (const std::string& name : asked) {
    RIFT_REQUIRE(std::find(known.begin(), known.end(), name) != known.end(), Code::kConfig,
                 "rift bench {}: expected some of {}, got '{}'", flag, fmt::join(known, ", "), shorten(name));
  }
}

/// The options of one tuning method. The model and the column are flags of their own.
BenchOptions read_options_of(const BenchSpec& spec, const std::string& method, const std::string& model) {
  Json root = Json::object();
  set_path(root, "tuning.method", Json(method));
  for (const std::string& set : spec.sets) {
    const std::string key = set.substr(0, set.find('='));
    for (const auto& [reserved, flag] : {std::pair("tuning.method", "--methods"),
                                         {"model.text.backbone", "--model"},
                                         {"model.text.columns", "--column"}}) {
      RIFT_REQUIRE(key != reserved, Code::kConfig, "rift bench --set {}: say it with {}", key, flag);
    }
    apply_set(root, set);
  }
  BenchOptions options;
  read_options(root, "rift bench --set", options);
  options.model.text.backbone = model;
  options.model.text.text.columns = {"text"};
  return options;
}

/// Where no length is asked for, a model with fewer positions than the usual length reads what it can.
void shorten_rows(std::vector<BenchOptions>& options, const BenchSpec& spec, const fs::path& model) {
  constexpr std::string_view kKey = "model.text.max_tokens=";
  if (std::ranges::any_of(spec.sets, [&](const std::string& set) { return set.starts_with(kKey); })) return;
  const int64_t most = train::most_tokens(model);
  for (BenchOptions& of_method : options)
    of_method.model.text.max_tokens = std::min(of_method.model.text.max_tokens, most);
}

/// A folder for what is written while timing; it goes away with the object.
StagedDirectory scratch_directory() {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  RIFT_REQUIRE(!error, Code::kEnvironment, "TMPDIR names no folder that can be used: {}", error.message());
  return StagedDirectory(temporary / "rift-bench");
}

Json settings_of(const BenchOptions& options) {
  Json settings = write_options(options);
  settings.find("model")->find("text")->erase("backbone");
  settings.find("model")->find("text")->erase("columns");
  settings.find("tuning")->erase("method");
  return settings;
}

using Lines = std::vector<std::vector<std::string>>;

std::string shown_at(const Json& part, const char* key) { return shown(part.at(key).as_double()); }

std::string rows_and_tokens(const Json& part) {
  return sentence("bench.rows_and_tokens", fmt::arg("rows", shown_at(part, "rows_per_second")),
                  fmt::arg("tokens", shown_at(part, "tokens_per_second")));
}

std::string memory_of(const Json& part) {
  return sentence("bench.memory", fmt::arg("mib", shown_at(part, "peak_memory_mib")));
}

auto precision_of(const Json& part) { return fmt::arg("precision", part.at("precision").as_string()); }

}  // namespace

Json run_bench(const BenchSpec& spec) {
  require_names("--parts", spec.parts, kBenchParts);
  require_names("--methods", spec.methods, tuning::kMethodNames);
  const StagedDirectory scratch = scratch_directory();
  const fs::path model = package::resolve_model(spec.model);
  const fs::path used = spec.dropout ? model : scratch.path() / "model";
  std::vector<BenchOptions> options;
  for (const std::string& method : spec.methods) options.push_back(read_options_of(spec, method, used.string()));
  shorten_rows(options, spec, model);
  if (!spec.dropout) train::write_without_dropout(model, used);
  const std::string execution = package::describe_execution(spec.device);
  const data::Dataset dataset = bench_dataset(spec);
  const train::FineTuneOptions first = options.front().fine_tune();
  const train::SpeedSpec speed{.dataset = dataset, .options = first, .device = spec.device};
  Json result{{"environment", package::describe_environment()},
              {"execution", execution},
              {"instruction_set", train::instructions_in_use()},
              {"threads", threads()},
              {"model", model.filename().string()},
              {"rows", dataset.rows()},
              {"dropout", spec.dropout},
              {"settings", settings_of(options.front())}};
  if (is_asked(spec, "roof")) result["roof"] = train::product_roof(speed);
  if (is_asked(spec, "tokenize")) result["tokenize"] = train::tokenizing_speed(speed);
  if (is_asked(spec, "score")) result["score"] = train::scoring_speed(speed);
  if (is_asked(spec, "latency")) result["latency"] = train::latency(speed);
  if (!is_asked(spec, "train")) return result;
  Json runs = Json::array();
  for (size_t i = 0; i < options.size(); ++i) {
    const train::FineTuneOptions tuned = options[i].fine_tune();
    const fs::path folder = scratch.path() / spec.methods[i];
    runs.push_back(train::training_speed({.dataset = dataset, .options = tuned, .device = spec.device}, folder));
  }
  result["train"] = std::move(runs);
  return result;
}

std::string bench_text(const Json& result) {
  Lines lines;
  if (const Json* part = result.find("roof")) {
    lines.push_back({sentence("bench.roof", precision_of(*part)),
                     sentence("bench.gflops", fmt::arg("rate", shown_at(*part, "gflops"))), "", ""});
  }
  if (const Json* part = result.find("tokenize")) {
    lines.push_back(
        {sentence("bench.tokenize"),
         sentence("bench.megabytes", fmt::arg("rate", shown_at(*part, "megabytes_per_second"))),
         sentence("bench.rows", fmt::arg("rows", shown_at(*part, "rows_per_second"))),
         sentence("bench.with_offsets", fmt::arg("rate", shown_at(*part, "megabytes_per_second_with_offsets")))});
  }
  if (const Json* part = result.find("score"))
    lines.push_back({sentence("bench.score", precision_of(*part)), rows_and_tokens(*part), "", memory_of(*part)});
  if (const Json* part = result.find("latency")) {
    lines.push_back({sentence("bench.latency", fmt::arg("tokens", shown_at(*part, "tokens")), precision_of(*part)),
                     sentence("bench.milliseconds", fmt::arg("p50", shown_at(*part, "p50_ms")),
                              fmt::arg("p99", shown_at(*part, "p99_ms"))),
                     "", ""});
  }
  if (const Json* runs = result.find("train")) {
    for (const Json& run : runs->as_array()) {
      lines.push_back(
          {sentence("bench.train", fmt::arg("method", run.at("method").as_string()), precision_of(run)),
           rows_and_tokens(run),
           sentence("bench.first_epoch", fmt::arg("rows", shown_at(run.at("epochs").at(size_t{0}), "rows_per_second"))),
           memory_of(run)});
    }
  }
  return sentence("bench.heading", fmt::arg("model", result.at("model").as_string()),
                  fmt::arg("rows", result.at("rows").as_int()), fmt::arg("threads", result.at("threads").as_int()),
                  fmt::arg("instructions", result.at("instruction_set").as_string())) +
         "\n" + aligned(lines);
}

}  // namespace rift::study
