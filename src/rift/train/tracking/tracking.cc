#include "rift/train/tracking/tracking.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/train/tracking/mlflow_files.h"
#include "rift/train/tracking/mlflow_server.h"

namespace rift::train {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kBetweenSends{2}, kFirstPause{10}, kLongestPause{300};
constexpr size_t kMostWaiting = 200'000;  // figures that a store which does not answer is waited for with
constexpr size_t kMostText = 500;         // bytes of a setting
constexpr const char* kFile = "mlflow.json";

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void add_settings(const std::string& path, const Json& value, TrackedRun& run) {
  if (value.is_object()) {
    for (const Json::Member& member : value.as_object())
      add_settings(path.empty() ? member.key : path + "." + member.key, member.value, run);
    return;
  }
  if (path.empty()) return;
  run.settings.emplace_back(path, shorten(value.is_string() ? value.as_string() : to_json_text(value), kMostText));
}

std::unique_ptr<TrackingStore> open_store(const MlflowOptions& options) {
  if (options.is_address()) return std::make_unique<MlflowServer>(options.store);
  return std::make_unique<MlflowFiles>(options.store);
}

}  // namespace

Tracking::Tracking(const MlflowOptions& options, fs::path directory, const Json& settings, bool goes_on)
    : where_(options.store), directory_(std::move(directory)), goes_on_(goes_on), store_(open_store(options)) {
  const std::string folder = fs::absolute(directory_).lexically_normal().filename().string();
  run_ = {.experiment = options.experiment,
          .name = options.name.empty() ? folder : options.name,
          .settings = {},
          .tags = {{"mlflow.source.name", "rift"}, {"mlflow.source.type", "LOCAL"}},
          .begun_ms = now_ms()};
  run_.tags.emplace_back("mlflow.runName", run_.name);
  add_settings("", settings, run_);
}

Tracking::~Tracking() {
  try {
    if (!finished_) finish(Ending::kFailed);
  } catch (...) {  // a run that fails says why by itself
  }
}

/// Whether it worked; what did not is said when it begins and when it ends.
bool Tracking::try_to(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() == Code::kInterrupted) throw;
    if (!std::exchange(is_out_, true)) {
      log_warning("figures do not reach MLflow; the training goes on", {{"store", where_}, {"why", error.message()}});
    }
    pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
    next_ = Clock::now() + pause_;
    return false;
  } catch (const std::filesystem::filesystem_error& error) {
    return try_to([&] { RIFT_FAIL(Code::kEnvironment, "{}", error.what()); });
  }
  if (std::exchange(is_out_, false)) log_info("figures reach MLflow again", {{"store", where_}});
  pause_ = std::chrono::seconds(0);
  next_ = Clock::now() + kBetweenSends;
  return true;
}

void Tracking::begin() {
  const fs::path file = directory_ / kFile;
  if (goes_on_ && fs::exists(file)) {
    const Json before = read_json(file);
    if (before.at("store") == Json(where_)) {
      if (auto steps = store_->go_on(before.at("run_id").as_string())) {
        last_step_ = std::move(*steps);
        return;
      }
    }
  }
  const std::string id = store_->begin(run_);
  write_file_atomic(file, to_json_text(Json{{"store", where_}, {"run_id", id}}, 2) + "\n");
}

void Tracking::send() {
  if (!begun_) begin();
  begun_ = true;
  std::erase_if(waiting_, [&](const Figure& figure) {
    const auto last = last_step_.find(figure.name);
    return last != last_step_.end() && figure.step <= last->second;
  });
  while (!waiting_.empty()) {
    const size_t some = std::min(waiting_.size(), TrackingStore::kMostFigures);
    store_->add(std::span(waiting_).first(some));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(some));
  }
}

void Tracking::add(int64_t step, const Scalars& figures) {
  const int64_t at = now_ms();
  for (const auto& [name, value] : figures) {
    if (waiting_.size() < kMostWaiting)
      waiting_.push_back({.name = name, .value = value, .step = step, .at_ms = at});
    else
      ++lost_;
  }
  if (Clock::now() >= next_) try_to([this] { send(); });
}

void Tracking::finish(Ending ending) {
  finished_ = true;
  const bool arrived = try_to([&] {
    send();
    store_->finish(ending, now_ms());
  });
  lost_ += static_cast<int64_t>(waiting_.size());
  if (!arrived || lost_ > 0) log_warning("figures that never reached MLflow", {{"store", where_}, {"figures", lost_}});
}

}  // namespace rift::train
