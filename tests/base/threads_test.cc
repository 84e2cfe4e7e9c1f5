#include "rift/base/threads.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/child.h"

namespace rift {
namespace {

using Parts = std::set<std::pair<int64_t, int64_t>>;

Parts parts_of(int64_t n, int64_t grain) {
  std::mutex mutex;
  Parts parts;
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    std::lock_guard lock(mutex);
    parts.emplace(begin, end);
  });
  return parts;
}

class Threads : public testing::Test {
 protected:
  ~Threads() override { set_threads(0); }
};

using ParallelFor = Threads;

TEST_F(Threads, DefaultIsTheCpusOfThisProcess) {
  cpu_set_t set;
  CPU_ZERO(&set);
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  set_threads(0);
  EXPECT_EQ(threads(), CPU_COUNT(&set));
  set_threads(3);
  EXPECT_EQ(threads(), 3);
}

TEST_F(Threads, AChildBoundToOneCpuUsesOne) {
  EXPECT_EQ(test::status_of_child([] {
              cpu_set_t set;
              CPU_ZERO(&set);
              if (sched_getaffinity(0, sizeof set, &set) != 0) return 50;
              int first = 0;
              while (!CPU_ISSET(first, &set)) ++first;
              CPU_ZERO(&set);
              CPU_SET(first, &set);
              if (sched_setaffinity(0, sizeof set, &set) != 0) return 51;
              return static_cast<int>(default_threads());
            }),
            1);
}

TEST_F(Threads, ThePoolIsAllTheThreadsThereAre) {
  const auto running = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
  };
  // The kernel wakes whoever joins a thread before it takes the thread off its list.
  const auto running_soon = [&](std::ptrdiff_t expected) {
    for (int i = 0; i < 10'000 && running() != expected; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return running();
  };
  set_threads(1);
  // Threads of the tests before this one may still be on the list: the least that is seen for a while.
  auto alone = running();
  for (int i = 0; i < 50; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(1)))
    alone = std::min(alone, running());
  set_threads(4);
  for (int i = 0; i < 20; ++i) parts_of(1000, 1);
  EXPECT_EQ(running_soon(alone + 3), alone + 3);
  set_threads(1);
  EXPECT_EQ(running_soon(alone), alone);
}

TEST_F(ParallelFor, PartsCoverEverythingOnce) {
  set_threads(4);
  for (int64_t n : {0, 1, 2, 3, 4, 5, 7, 100, 1001}) {
    std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
    parallel_for(n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    for (auto& count : visits) ASSERT_EQ(count, 1);
  }
}

TEST_F(ParallelFor, PartsDependOnItemsGrainAndThreadCountOnly) {
  set_threads(4);
  EXPECT_EQ(parts_of(10, 1), (Parts{{0, 2}, {2, 5}, {5, 7}, {7, 10}}));
  EXPECT_EQ(parts_of(10, 4), (Parts{{0, 5}, {5, 10}}));  // parts of at least `grain` items
  EXPECT_EQ(parts_of(10, 6), (Parts{{0, 10}}));
  EXPECT_EQ(parts_of(10, 0), parts_of(10, 1));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(parts_of(1003, 10), parts_of(1003, 10));
  set_threads(2);
  EXPECT_EQ(parts_of(10, 1), (Parts{{0, 5}, {5, 10}}));
  set_threads(1);
  EXPECT_EQ(parts_of(10, 1), (Parts{{0, 10}}));
}

TEST_F(ParallelFor, NestedCallsRunInlineInTheirPart) {
  set_threads(4);
  std::atomic<int> wrong{0};
  std::atomic<int64_t> sum{0};
  parallel_for(4, 1, [&](int64_t, int64_t) {
    const auto outer = std::this_thread::get_id();
    int calls = 0;
    parallel_for(1000, 1, [&](int64_t begin, int64_t end) {
      if (std::this_thread::get_id() != outer) ++wrong;
      ++calls;
      sum += end - begin;
    });
    if (calls != 1) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(sum, 4000);
}

TEST_F(Threads, EachPartRunsOnceWhateverTheNumberOfThreads) {
  for (const int64_t count : {1, 2, 4}) {
    set_threads(count);
    for (const int64_t n : {0, 1, 2, 3, 50}) {
      std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
      parallel_each(n, [&](int64_t part) { parallel_each(2, [&](int64_t) { ++visits[static_cast<size_t>(part)]; }); });
      for (auto& visited : visits) ASSERT_EQ(visited, 2);
    }
  }
}

TEST_F(ParallelFor, TheLowestPartsExceptionComesAfterAllPartsHaveEnded) {
  set_threads(4);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ended{0};
    try {
      parallel_for(4, 1, [&](int64_t begin, int64_t) {
        ++ended;
        if (begin >= 1) throw std::runtime_error(std::to_string(begin));
      });
      FAIL() << "no exception came";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "1");
    }
    EXPECT_EQ(ended, 4);
  }
  EXPECT_EQ(parts_of(4, 1).size(), 4u);  // the pool still works
}

TEST_F(ParallelFor, CallersOnSeveralThreadsTakeTurns) {
  set_threads(3);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        parallel_for(100, 1, [&](int64_t begin, int64_t end) {
          for (int64_t k = begin; k < end; ++k) sum += k;
        });
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 200 * 4950);
}

TEST_F(ParallelFor, TheCountMayChangeWhileOthersCall) {
  std::atomic<bool> stop{false};
  std::atomic<int64_t> wrong{0};
  std::thread caller([&] {
    while (!stop) {
      std::atomic<int64_t> sum{0};
      parallel_for(64, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
      if (sum != 64) ++wrong;
    }
  });
  for (int i = 0; i < 60; ++i) set_threads(1 + i % 4);
  stop = true;
  caller.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace rift
