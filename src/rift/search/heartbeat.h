#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <thread>

namespace rift::search {

/// Says of a running trial that its process is there, every kBeatSeconds and from a thread of its own with a connection
/// of its own, as long as it lives. A beat that fails is logged and tried again: others take the trial for killed only
/// after several.
class Heartbeat {
 public:
  Heartbeat(std::filesystem::path file, int64_t trial_id);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat();

 private:
  void run();

  std::filesystem::path file_;
  int64_t trial_id_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace rift::search
