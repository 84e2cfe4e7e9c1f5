#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/train/event_file.h"
#include "rift/train/options.h"
#include "rift/train/tracking/store.h"

namespace rift::train {

/// Sends the figures of a run to a tracking store, a few seconds' worth at a time. Nothing that happens there stops or
/// fails a training: what does not arrive is said once, kept, and sent again later. A run that goes on goes on there,
/// too, after the last step that the store has.
class Tracking {
 public:
  /// directory: of the run, which keeps mlflow.json, where its figures are; settings: what is shown of the run.
  Tracking(const MlflowOptions& options, std::filesystem::path directory, const Json& settings, bool goes_on);
  ~Tracking();
  Tracking(const Tracking&) = delete;
  Tracking& operator=(const Tracking&) = delete;

  void add(int64_t step, const Scalars& figures);
  void finish(Ending ending);

 private:
  using Clock = std::chrono::steady_clock;
  bool try_to(const std::function<void()>& work);
  void begin();
  void send();

  std::string where_;
  std::filesystem::path directory_;
  bool goes_on_;
  TrackedRun run_;
  std::unique_ptr<TrackingStore> store_;
  bool begun_ = false, finished_ = false, is_out_ = false;
  std::map<std::string, int64_t> last_step_;  // that the store had when the run was taken up
  std::vector<Figure> waiting_;
  int64_t lost_ = 0;
  Clock::time_point next_ = Clock::now();
  std::chrono::seconds pause_{0};
};

}  // namespace rift::train
