#include "rift/train/tracking/mlflow_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "rift/base/directory_lock.h"
#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/sha256.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMeta = "meta.yaml";

// Numbers of mlflow's RunStatus and SourceType.
constexpr int64_t kRunning = 1, kFinished = 3, kFailed = 4, kKilled = 5;
constexpr int64_t kLocal = 4;

int64_t status_of(Ending ending) {
  switch (ending) {
    case Ending::kFinished:
      return kFinished;
    case Ending::kFailed:
      return kFailed;
    case Ending::kStopped:
      return kKilled;
  }
  RIFT_FAIL(Code::kBug, "an ending without a status");
}

Json read_meta(const fs::path& folder) {
  const fs::path file = folder / kMeta;
  return parse_yaml(read_file(file), file.string());
}

void write_meta(const fs::path& folder, const Json& meta) { write_file_atomic(folder / kMeta, to_yaml_text(meta)); }

/// Makes a folder of 32 digits that no other run has; returns its name. Runs of several processes and machines may
/// begin in the same millisecond.
std::string make_run(const fs::path& folder, const TrackedRun& run) {
  for (int64_t draw = 0;; ++draw) {
    const std::string id =
        sha256_hex(fmt::format("{} {} {} {} {}", folder.string(), run.name, run.begun_ms, ::getpid(), draw))
            .substr(0, 32);
    if (fs::create_directory(folder / id)) return id;
  }
}

/// What a killed process left of a line is no figure; nothing may be put behind it.
void cut_to_whole_lines(const fs::path& file) {
  const std::string text = read_file(file);
  const size_t end = text.rfind('\n');
  const size_t whole = end == text.npos ? 0 : end + 1;
  if (whole < text.size()) fs::resize_file(file, whole);
}

/// Names of figures may have folders in them.
void write_in(const fs::path& folder, const std::string& name, const std::string& text) {
  RIFT_REQUIRE(stays_inside(name), Code::kConfig, "'{}' is no name that a file store can hold", name);
  fs::create_directories((folder / name).parent_path());
  write_file_atomic(folder / name, text);
}

/// The step of a file's last whole line; -1 without one.
int64_t last_step(const fs::path& file) {
  const std::string text = read_file(file);
  const size_t end = text.rfind('\n');
  if (end == text.npos) return -1;
  const std::string_view whole = std::string_view(text).substr(0, end);
  const std::string_view step = whole.substr(whole.rfind(' ') + 1);
  int64_t value = -1;
  std::from_chars(step.data(), step.data() + step.size(), value);
  return value;
}

/// Those that begin at once wait for each other, so that an experiment is made once. Nothing where the folder has no
/// locks or somebody holds it for long: then an id is still given once.
std::optional<DirectoryLock> hold(const fs::path& folder) {
  constexpr int kTries = 500;
  for (int i = 0; i < kTries; ++i) {
    if (auto lock = DirectoryLock::take(folder)) return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::nullopt;
}

}  // namespace

/// The folder of the experiment of that name, which is made where there is none.
fs::path MlflowFiles::experiment(const TrackedRun& run) const {
  require_writable_directory(folder_);
  const std::optional<DirectoryLock> lock = hold(folder_);
  int64_t free_id = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (!fs::exists(entry.path() / kMeta)) continue;
    if (read_meta(entry.path()).at("name") == Json(run.experiment)) return entry.path();
    ++free_id;
  }
  // Whoever makes the folder has the id, however many begin at once.
  while (!fs::create_directory(folder_ / std::to_string(free_id))) ++free_id;
  const std::string id = std::to_string(free_id);
  write_meta(folder_ / id, Json{{"artifact_location", "file://" + (fs::absolute(folder_) / id).string()},
                                {"creation_time", run.begun_ms},
                                {"experiment_id", id},
                                {"last_update_time", run.begun_ms},
                                {"lifecycle_stage", "active"},
                                {"name", run.experiment}});
  return folder_ / id;
}

std::string MlflowFiles::begin(const TrackedRun& run) {
  const fs::path experiment = this->experiment(run);
  const std::string id = make_run(experiment, run);
  const fs::path made = experiment / id;
  for (const char* part : {"artifacts", "metrics", "params", "tags"}) fs::create_directories(made / part);
  for (const auto& [name, value] : run.settings) write_in(made / "params", name, value);
  for (const auto& [name, value] : run.tags) write_in(made / "tags", name, value);
  // Last: a run counts when this file is there.
  write_meta(made, Json{{"artifact_uri", "file://" + fs::absolute(made / "artifacts").string()},
                        {"end_time", Json()},
                        {"entry_point_name", ""},
                        {"experiment_id", experiment.filename().string()},
                        {"lifecycle_stage", "active"},
                        {"run_id", id},
                        {"run_name", run.name},
                        {"run_uuid", id},
                        {"source_name", ""},
                        {"source_type", kLocal},
                        {"source_version", ""},
                        {"start_time", run.begun_ms},
                        {"status", kRunning},
                        {"tags", Json::array()},
                        {"user_id", ""}});
  run_ = made;
  return id;
}

std::optional<std::map<std::string, int64_t>> MlflowFiles::go_on(const std::string& id) {
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(folder_, missing)) {
    const fs::path run = entry.path() / id;
    if (!stays_inside(id) || !fs::exists(run / kMeta)) continue;
    std::map<std::string, int64_t> steps;
    for (const auto& file : fs::recursive_directory_iterator(run / "metrics")) {
      if (!file.is_regular_file()) continue;
      cut_to_whole_lines(file.path());
      steps[file.path().lexically_relative(run / "metrics").generic_string()] = last_step(file.path());
    }
    run_ = run;
    Json meta = read_meta(run);
    meta["status"] = kRunning;
    meta["end_time"] = Json();
    write_meta(run, meta);
    return steps;
  }
  return std::nullopt;
}

void MlflowFiles::add(std::span<const Figure> figures) {
  std::map<std::string, std::string> lines;
  for (const Figure& figure : figures) {
    lines[figure.name] += fmt::format("{} {} {}\n", figure.at_ms, to_json_text(Json(figure.value)), figure.step);
  }
  for (const auto& [name, text] : lines) {
    const fs::path file = run_ / "metrics" / name;
    RIFT_REQUIRE(stays_inside(name), Code::kConfig, "'{}' is no name that a file store can hold", name);
    fs::create_directories(file.parent_path());
    std::error_code missing;
    const auto size = fs::file_size(file, missing);
    LineWriter(file, missing ? -1 : static_cast<int64_t>(size)).append_bytes(text);
  }
}

void MlflowFiles::finish(Ending ending, int64_t at_ms) {
  Json meta = read_meta(run_);
  meta["status"] = status_of(ending);
  meta["end_time"] = at_ms;
  write_meta(run_, meta);
}

}  // namespace rift::train
