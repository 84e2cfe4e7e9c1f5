#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/base/threads.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/data/table_writer.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/package/backbone.h"
#include "rift/package/execution.h"
#include "rift/package/format/package.h"
#include "rift/package/inspect.h"
#include "rift/package/model_tokenizer.h"
#include "rift/score/precision.h"
#include "rift/train/support/support.h"

namespace rift::cli {
namespace {

struct Finding {
  std::string name;     // in JSON
  std::string caption;  // in the table
  bool ok = true;
  std::string detail;
  Json facts = Json::object();  // what `detail` says, for programs
};

/// `check` fills in what it found.
Finding find(const std::string& name, const std::string& caption, const std::function<void(Finding&)>& check) {
  Finding finding{.name = name, .caption = caption};
  try {
    check(finding);
  } catch (const Error& error) {
    finding.ok = false;
    finding.detail = error.message();
  } catch (const std::exception& error) {
    finding.ok = false;
    finding.detail = error.what();
  }
  return finding;
}

void check_precisions(Finding& finding) {
  const std::vector<score::Precision> native = package::native_precisions();
  std::vector<std::string_view> with, without;
  for (const auto& [precision, name] : enum_names(score::Precision{})) {
    (std::ranges::find(native, precision) != native.end() ? with : without).push_back(name);
  }
  finding.detail = sentence("doctor.precisions_native", fmt::arg("names", fmt::format("{}", fmt::join(with, ", "))));
  if (!without.empty()) {
    finding.detail +=
        sentence("doctor.precisions_other", fmt::arg("names", fmt::format("{}", fmt::join(without, ", "))));
  }
  Json names = Json::array();
  for (const std::string_view name : with) names.push_back(name);
  finding.facts["native"] = std::move(names);
}

/// By the first architecture that the engine runs.
void check_tuning(Finding& finding) {
  const train::SupportMatrix matrix = train::support_matrix();
  const train::SupportTable& table = matrix.table("fused");
  std::vector<std::string> with, without;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const bool fused = table.rows.front().cells[i].answer == train::SupportCell::Answer::kYes;
    (fused ? with : without).push_back(table.columns[i]);
  }
  finding.detail = sentence("doctor.tuning_fused", fmt::arg("names", fmt::format("{}", fmt::join(with, ", "))),
                            fmt::arg("others", fmt::format("{}", fmt::join(without, ", "))));
  finding.facts["fused"] = Json(with);
  finding.facts["plain"] = Json(without);
}

void check_tables(Finding& finding) {
  std::error_code error;
  const std::filesystem::path temporary = std::filesystem::temp_directory_path(error);
  RIFT_REQUIRE(!error, Code::kEnvironment, "TMPDIR names no folder that can be used: {}", error.message());
  const StagedDirectory folder(temporary / "rift-doctor");  // never published
  const std::filesystem::path file = folder.path() / "check.parquet";
  data::TableWriter writer(file, {{.name = "n", .storage = data::Storage::kNumber, .whole_number = true}});
  data::Table table;
  table.rows = 2;
  table.add({.name = "n", .values = data::Numbers{{1, 2}}});
  writer.append(table);
  writer.finish();
  const data::Table read = data::read_table(file);
  RIFT_REQUIRE(read.rows == 2 && read.at("n").numbers()[1] == 2, Code::kEnvironment,
               "two rows written to a Parquet file came back changed");
  finding.detail = sentence("doctor.tables_work");
}

/// `name` empty: the packaged model.
void check_model(Finding& finding, const std::string& name, const std::string& device) {
  const std::filesystem::path directory = package::resolve_model(name);
  const package::ModelInspection model = package::inspect_model(directory);
  RIFT_REQUIRE(model.problem.empty(), Code::kArtefact, "{}", model.problem);
  const auto tokenizer = package::load_tokenizer(directory);
  const std::string why_not = package::why_not_fused(directory, device);
  const std::string execution =
      why_not.empty() ? sentence("doctor.model_fused") : sentence("doctor.model_layers", fmt::arg("why", why_not));
  finding.detail = sentence("doctor.model_found", fmt::arg("name", directory.filename().string()),
                            fmt::arg("parameters", model.parameters), fmt::arg("tokens", tokenizer->vocab_size())) +
                   execution;
  finding.facts["fused_engine"] = why_not.empty();
  finding.facts["why_not"] = why_not.empty() ? Json() : Json(why_not);
}

std::vector<Finding> examine(const std::string& model, const std::string& device) {
  const Json environment = package::describe_environment();
  return {
      {.name = "rift", .caption = sentence("doctor.rift"), .detail = environment.at("rift").as_string()},
      {.name = "threads",
       .caption = sentence("doctor.threads"),
       .detail = sentence("doctor.threads_found", fmt::arg("threads", threads()), fmt::arg("cpus", default_threads()))},
      find("model execution", sentence("doctor.execution"),
           [&](Finding& finding) { finding.detail = package::describe_execution(device); }),
      find("precisions", sentence("doctor.precisions"), check_precisions),
      find("tuning", sentence("doctor.tuning"), check_tuning),
      find("tables", sentence("doctor.tables"), check_tables),
      find(model.empty() ? "packaged model" : "model",
           sentence(model.empty() ? "doctor.packaged_model" : "doctor.model"),
           [&](Finding& finding) { check_model(finding, model, device); }),
      find("this folder", sentence("doctor.folder"), [](Finding& finding) {
        require_writable_directory(std::filesystem::current_path());
        finding.detail = sentence("doctor.folder_works");
      })};
}

}  // namespace

Run add_doctor(CLI::App& command) {
  struct Arguments {
    std::string model;
    std::string device = "cpu";
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("--model", arguments->model, std::string(kModelHelp) + "; left out: the packaged model")
      ->type_name("MODEL");
  add_device_flag(command, arguments->device);
  return [arguments](const CommonFlags& flags) {
    Json findings = Json::array();
    std::string text;
    bool ok = true;
    for (const Finding& finding : examine(arguments->model, arguments->device)) {
      Json found{{"check", finding.name}, {"ok", finding.ok}, {"detail", finding.detail}};
      for (const Json::Member& fact : finding.facts.as_object()) found[fact.key] = fact.value;
      findings.push_back(std::move(found));
      text += padded(sentence(finding.ok ? "doctor.ok" : "doctor.bad"), 5) + padded(finding.caption, 17) +
              finding.detail + "\n";
      ok = ok && finding.ok;
    }
    if (flags.json)
      print_json(Json{{"ok", ok}, {"checks", findings}, {"environment", package::describe_environment()}});
    else
      print_result(text);
    return ok ? 0 : code_info(Code::kEnvironment).exit_status;
  };
}

}  // namespace rift::cli
