#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
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
  std::string name;
  bool ok = true;
  std::string detail;
};

Finding find(const std::string& name, const std::function<std::string()>& check) {
  try {
    return {name, true, check()};
  } catch (const Error& error) {
    return {name, false, error.message()};
  } catch (const std::exception& error) {
    return {name, false, error.what()};
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
  return "a Parquet file was written to the temporary folder and read back";
}

std::string check_packaged_model() {
  const std::filesystem::path directory = package::resolve_backbone("", {});
  const checkpoint::ModelInspection model = checkpoint::inspect_model(directory);
  RIFT_REQUIRE(model.problem.empty(), Code::kArtefact, "{}", model.problem);
  const auto tokenizer = encode::text::load_tokenizer(directory);
  return fmt::format("{}: {} parameters, {} tokens in its vocabulary", directory.filename().string(), model.parameters,
                     tokenizer->vocab_size());
}

std::vector<Finding> examine(const std::string& device) {
  const Json environment = package::describe_environment();
  return {{"rift", true, environment.at("rift").as_string()},
          {"threads", true, fmt::format("{} of {} CPUs", threads(), default_threads())},
          find("model execution", [&] { return package::describe_execution(device); }),
          find("tables", check_tables),
          find("packaged model", check_packaged_model),
          find("this folder", [] {
            require_writable_directory(std::filesystem::current_path());
            return std::string("can be written to");
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
      text += fmt::format("{:<4} {:<16} {}\n", finding.ok ? "ok" : "BAD", finding.name, finding.detail);
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
