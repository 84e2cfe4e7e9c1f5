#include "rift/base/threads.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "rift/base/error.h"

namespace rift {
namespace {

int64_t cpus_of_process() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

thread_local bool t_inside = false;  // a part is running on this thread: nested calls run inline

/// One job at a time: the caller works on part 0, worker w on part w.
class Pool {
 public:
  ~Pool() { resize(0); }

  void resize(int64_t workers) {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    stop_ = false;
    for (int64_t w = 1; w <= workers; ++w) workers_.emplace_back([this, w, job = job_] { work(w, job); });
  }

  void run(int64_t parts, const std::function<void(int64_t)>& part) {
    std::lock_guard one_job(run_mutex_);
    {
      std::lock_guard lock(mutex_);
      part_ = &part;
      parts_ = parts;
      left_ = parts - 1;
      failure_ = nullptr;
      ++job_;
    }
    wake_.notify_all();
    call(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
    part_ = nullptr;
    if (failure_) std::rethrow_exception(failure_);
  }

  int64_t workers() const { return static_cast<int64_t>(workers_.size()); }

 private:
  void work(int64_t index, uint64_t seen) {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stop_ || job_ != seen; });
      if (stop_) return;
      seen = job_;
      if (index >= parts_) continue;
      lock.unlock();
      call(index);
      lock.lock();
      if (--left_ == 0) done_.notify_one();
    }
  }

  void call(int64_t index) {
    t_inside = true;
    try {
      (*part_)(index);
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    t_inside = false;
  }

  std::mutex run_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::vector<std::thread> workers_;
  const std::function<void(int64_t)>* part_ = nullptr;
  int64_t parts_ = 0;
  int64_t left_ = 0;
  uint64_t job_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
};

std::mutex g_mutex;
int64_t g_threads = 0;

Pool& pool() {
  static Pool instance;
  return instance;
}

}  // namespace

void set_threads(int64_t count) {
  std::lock_guard lock(g_mutex);
  g_threads = count > 0 ? count : cpus_of_process();
  pool().resize(g_threads - 1);
}

int64_t threads() {
  {
    std::lock_guard lock(g_mutex);
    if (g_threads > 0) return g_threads;
  }
  set_threads(0);
  return threads();
}

void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  const int64_t parts = t_inside ? 1 : std::clamp<int64_t>(n / std::max<int64_t>(1, grain), 1, threads());
  if (parts == 1) {
    body(0, n);
    return;
  }
  pool().run(parts, [&](int64_t part) { body(n * part / parts, n * (part + 1) / parts); });
}

}  // namespace rift
