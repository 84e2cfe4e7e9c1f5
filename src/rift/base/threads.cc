#include "rift/base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace rift {
namespace {

constexpr int kLooks = 1000;  // some 20 to 50 microseconds

thread_local bool t_inside = false;  // a part is running on this thread: nested calls run inline

/// One job at a time. Caller and workers take the next part until none is left, so that a job ends whatever the number
/// of workers is, and a worker that the system puts off holds nobody up.
class Pool {
 public:
  ~Pool() { resize(0); }

  void resize(int64_t workers) {
    std::lock_guard one_job(run_mutex_);
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    stop_ = false;
    for (int64_t w = 0; w < workers; ++w) workers_.emplace_back([this] { work(); });
  }

  void run(int64_t parts, const std::function<void(int64_t)>& part) {
    std::lock_guard one_job(run_mutex_);
    std::unique_lock lock(mutex_);
    part_ = &part;
    parts_ = parts;
    next_ = 0;
    left_ = parts;
    failure_ = nullptr;
    ++jobs_;
    wake_.notify_all();
    take_parts(lock);
    if (left_ > 0) {
      lock.unlock();
      look_out([this] { return left_ == 0; });
      lock.lock();
    }
    done_.wait(lock, [this] { return left_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stop_ || next_ < parts_; });
      if (stop_) return;
      take_parts(lock);
      // Jobs often come one right after the other, layer by layer: going to sleep and waking up takes longer.
      const int64_t seen = jobs_;
      lock.unlock();
      look_out([&] { return jobs_ != seen || stop_; });
      lock.lock();
    }
  }

  /// Looks for a while whether `done` has come true, without a lock.
  template <class Done>
  static void look_out(Done done) {
    for (int look = 0; look < kLooks && !done(); ++look) pause_briefly();
  }
  static void pause_briefly() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  void take_parts(std::unique_lock<std::mutex>& lock) {
    while (next_ < parts_) {
      const int64_t index = next_++;
      lock.unlock();
      std::exception_ptr failure = call(index);
      lock.lock();
      if (failure && (!failure_ || index < failed_part_)) {
        failure_ = std::move(failure);
        failed_part_ = index;
      }
      if (--left_ == 0) done_.notify_one();
    }
  }

  std::exception_ptr call(int64_t index) {
    t_inside = true;
    std::exception_ptr failure;
    try {
      (*part_)(index);
    } catch (...) {
      failure = std::current_exception();
    }
    t_inside = false;
    return failure;
  }

  std::mutex run_mutex_;  // held for a whole job or a change of size
  std::mutex mutex_;      // guards all below but workers_
  std::condition_variable wake_;
  std::condition_variable done_;
  std::vector<std::thread> workers_;
  const std::function<void(int64_t)>* part_ = nullptr;
  int64_t parts_ = 0;
  int64_t next_ = 0;
  std::atomic<int64_t> left_ = 0;  // changed under mutex_, as the two below
  std::atomic<int64_t> jobs_ = 0;  // so far
  std::atomic<bool> stop_ = false;
  int64_t failed_part_ = 0;
  std::exception_ptr failure_;
};

std::mutex g_mutex;
int64_t g_threads = 0;

Pool& pool() {
  static Pool instance;
  return instance;
}

}  // namespace

int64_t default_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void set_threads(int64_t count) {
  std::lock_guard lock(g_mutex);
  g_threads = count > 0 ? count : default_threads();
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

void parallel_each(int64_t n, const std::function<void(int64_t)>& body) {
  if (t_inside || n == 1 || threads() == 1) {
    for (int64_t part = 0; part < n; ++part) body(part);
  } else if (n > 0) {
    pool().run(n, body);
  }
}

}  // namespace rift
