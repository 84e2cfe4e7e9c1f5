#include "rift/study/run/place.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json_difference.h"
#include "rift/base/log.h"
#include "rift/base/sha256.h"
#include "rift/package/format/manifest.h"
#include "rift/package/format/package.h"
#include "rift/study/run/directory.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMadeFromFile = "made_from.json";

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// Names a package, or another model directory, by what is in it; null without --init-from.
Json digest_of_start(const fs::path& init_from) {
  for (const fs::path& place : {init_from / "package", init_from}) {
    if (!init_from.empty() && is_file(place / package::kManifestFile))
      return sha256_file(place / package::kManifestFile);
  }
  if (init_from.empty()) return Json();
  Json files = Json::array();
  add_backbone(init_from, files);
  return files;
}

/// By their names: their keys count of a configuration, not its comments.
Json digests_of(const Json& inputs) {
  Json files = Json::object();
  for (const Json& input : inputs.as_array()) {
    if (input.at("what") == Json(kConfigurationInput)) continue;
    std::string name = fmt::format("{} {}", input.at("what").as_string(), input.at("file").as_string());
    while (files.contains(name)) name += "'";  // files of one name in several folders
    files[name] = input.at("sha256");
  }
  return files;
}

/// Whether `now` is the finished run `then` with epochs on top, where it had none.
bool only_adds_epochs(const Json& then, Json now) {
  const auto added = [](const Json& made) -> const Json* {
    const Json* options = made.find("options");
    const Json* optim = options == nullptr ? nullptr : options->find("optim");
    return optim == nullptr ? nullptr : optim->find("more_epochs");
  };
  const Json* before = added(then);
  const Json* after = added(now);
  if (before == nullptr || after == nullptr || *before != Json(0.0) || *after == *before) return false;
  now["options"]["optim"]["more_epochs"] = *before;
  return then == now;
}

/// Members of `from` that `to` lacks.
void add_missing(const Json& from, Json& to) {
  for (const Json::Member& member : from.as_object()) {
    if (!to.contains(member.key)) to[member.key] = member.value;
  }
}

}  // namespace

void require_free_place(const StudySpec& spec, const char* own_file) {
  if (spec.overwrite) return;
  for (const char* file : {kCompareFile, kMetricsFile, kCurveFile}) {
    const bool may_go_on = spec.resume && std::string_view(file) == own_file;
    RIFT_REQUIRE(may_go_on || !is_file(spec.directory / file), Code::kConfig,
                 "--out {}: a finished run lies there ({}); name another folder with --out, or replace that run with "
                 "--overwrite",
                 spec.directory.string(), file);
  }
}

DirectoryLock take_place(const StudySpec& spec, const char* own_file) {
  package::require_outside_of_packages(spec.directory);
  require_writable_directory(spec.directory);
  std::error_code ignored;
  if (spec.resume && fs::is_empty(spec.directory, ignored))
    log_info("nothing was begun there, so that there is nothing to resume: starts anew",
             {{"out", spec.directory.string()}});
  std::optional<DirectoryLock> lock = DirectoryLock::take(spec.directory);
  RIFT_REQUIRE(lock, Code::kEnvironment,
               "--out {}: another run of rift is at work in this directory; wait until it has ended, or name another "
               "folder with --out",
               spec.directory.string());
  require_free_place(spec, own_file);
  return std::move(*lock);
}

Json without_trace(const fs::path& directory, const std::function<Json()>& work) {
  std::error_code ignored;
  const bool was_there = fs::exists(directory, ignored);
  const bool was_empty = !was_there || fs::is_empty(directory, ignored);
  try {
    return work();
  } catch (const Error&) {
    const auto is_start = [](const fs::directory_entry& entry) {
      return entry.path().filename() == "run.yaml" || entry.path().filename() == "tokenizer";
    };
    if (was_empty && std::ranges::all_of(fs::directory_iterator(directory, ignored), is_start)) {
      if (!was_there) fs::remove_all(directory, ignored);
      for (const char* name : {"run.yaml", "tokenizer"}) fs::remove_all(directory / name, ignored);
    }
    throw;
  }
}

Json made_from(const StudySpec& spec, const Json& inputs, const std::string& split_digest) {
  return made_from({.options = write_options(spec.options),
                    .inputs = inputs,
                    .split_digest = split_digest,
                    .device = spec.device,
                    .init_from = spec.init_from});
}

Json made_from(const RunOrigin& origin) {
  return Json{{"options", origin.options},
              {"files", digests_of(origin.inputs)},
              {"split", origin.split_digest},
              {"device", origin.device},
              {"init_from", digest_of_start(origin.init_from)},
              {"environment", package::describe_environment()},
              {"program", sha256_file("/proc/self/exe")}};
}

Json made_from_of_checkpoints(const Json& made_from) {
  Json files = Json::object();
  for (const Json::Member& file : made_from.at("files").as_object()) {
    if (!file.key.starts_with(kBackboneInput)) files[file.key] = file.value;
  }
  return Json{{"files", std::move(files)}, {"split", made_from.at("split")}, {"program", made_from.at("program")}};
}

fs::path claim_unfinished(const UnfinishedSpec& spec) {
  const fs::path folder = spec.directory / kUnfinishedFolder, file = folder / kMadeFromFile;
  std::error_code ignored;
  if (!spec.resume) fs::remove_all(folder, ignored);
  Json now = spec.made_from;
  if (is_file(file)) {
    Json then = read_json(file);
    add_missing(then.at("files"), now["files"]);
    add_missing(now.at("files"), then["files"]);
    RIFT_REQUIRE(then == now || spec.overwrite, Code::kConfig,
                 "--out {}: the run that was stopped there was begun with other settings or files, or by another "
                 "program, than --resume was given now ({}); go on with what it was begun with, or start anew without "
                 "--resume",
                 spec.directory.string(), differences_text(then, now));
    if (then != now) {
      fs::remove_all(folder, ignored);
      now = spec.made_from;
    }
  }
  fs::create_directories(folder);
  write_json(file, now);
  return folder;
}

std::optional<Json> finished_result(const StudySpec& spec, const char* own_file, const Json& made_from) {
  const fs::path result = spec.directory / own_file;
  const fs::path manifest = spec.directory / package::kManifestFile;
  // The manifest is written after the results: without it the run was stopped while it wrote them.
  if (!spec.resume || !is_file(result) || !is_file(manifest)) return std::nullopt;
  const Json made = read_json(manifest);
  if (!spec.overwrite) check_results(spec.directory, made);
  const Json* before = made.find("made_from");
  const Json then = before == nullptr ? Json() : *before;
  if (then == made_from) {
    log_info("finished before, nothing to do", {{"directory", spec.directory.string()}});
    return read_json(result);
  }
  if (std::string_view(own_file) == kMetricsFile && only_adds_epochs(then, made_from)) {
    log_info("a finished run goes on",
             {{"optim.more_epochs", made_from.at("options").at("optim").at("more_epochs").as_double()}});
    return std::nullopt;
  }
  RIFT_REQUIRE(spec.overwrite, Code::kConfig,
               "--out {}: the finished run in it ({}) was made from other settings or files, or by another program, "
               "than --resume was given now ({}); name another folder with --out, or replace that run with --overwrite",
               spec.directory.string(), own_file, differences_text(then, made_from));
  return std::nullopt;
}

}  // namespace rift::study
