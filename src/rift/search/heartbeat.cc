#include "rift/search/heartbeat.h"

#include <chrono>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/search/trial_table.h"

namespace rift::search {

Heartbeat::Heartbeat(std::filesystem::path file, int64_t trial_id)
    : file_(std::move(file)), trial_id_(trial_id), thread_([this] { run(); }) {}

Heartbeat::~Heartbeat() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Heartbeat::run() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    lock.unlock();
    try {
      SqliteDatabase database(file_);
      beat(database, trial_id_);
    } catch (const Error& error) {
      log_warning("a trial's heartbeat could not be written", {{"why", error.message()}});
    }
    lock.lock();
    wake_.wait_for(lock, std::chrono::seconds(kBeatSeconds), [this] { return ends_; });
  }
}

}  // namespace rift::search
