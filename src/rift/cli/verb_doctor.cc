#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/inspect.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/data/table_writer.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/package/backbone.h"
#include "rift/package/execution.h"
#include "rift/package/format/package.h"

namespace rift::cli {
namespace {

struct Finding {
  std::string name;     // in JSON
  std::string caption;  // in the table
  bool ok = true;
  std::string detail;
};

Finding find(const std::string& name, const std::string& caption, const std::function<std::string()>& check) {
  try {
    return {name, caption, true, check()};
  } catch (const Error& error) {
    return {name, caption, false, error.message()};
  } catch (const std::exception& error) {
    return {name, caption, false, error.what()};
  }
}

std::string check_tables() {
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
  return sentence("doctor.tables_work");
}

std::string check_packaged_model() {
  const std::filesystem::path directory = package::resolve_backbone("", {});
  const checkpoint::ModelInspection model = checkpoint::inspect_model(directory);
  RIFT_REQUIRE(model.problem.empty(), Code::kArtefact, "{}", model.problem);
  const auto tokenizer = encode::text::load_tokenizer(directory);
  return sentence("doctor.model_found", fmt::arg("name", directory.filename().string()),
                  fmt::arg("parameters", model.parameters), fmt::arg("tokens", tokenizer->vocab_size()));
}

std::vector<Finding> examine(const std::string& device) {
  const Json environment = package::describe_environment();
  return {{"rift", sentence("doctor.rift"), true, environment.at("rift").as_string()},
          {"threads", sentence("doctor.threads"), true,
           sentence("doctor.threads_found", fmt::arg("threads", threads()), fmt::arg("cpus", default_threads()))},
          find("model execution", sentence("doctor.execution"), [&] { return package::describe_execution(device); }),
          find("tables", sentence("doctor.tables"), check_tables),
          find("packaged model", sentence("doctor.packaged_model"), check_packaged_model),
          find("this folder", sentence("doctor.folder"), [] {
            require_writable_directory(std::filesystem::current_path());
            return sentence("doctor.folder_works");
          })};
}

}  // namespace

Run add_doctor(CLI::App& command) {
  auto device = std::make_shared<std::string>("cpu");
  add_device_flag(command, *device);
  return [device](const CommonFlags& flags) {
    Json findings = Json::array();
    std::string text;
    bool ok = true;
    for (const Finding& finding : examine(*device)) {
      findings.push_back(Json{{"check", finding.name}, {"ok", finding.ok}, {"detail", finding.detail}});
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
