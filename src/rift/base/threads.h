#pragma once

#include <cstdint>
#include <functional>

namespace rift {

/// Threads rift may use in the whole process (ours, ATen's, LightGBM's, DuckDB's each get this many, one at a time).
/// 0 = the CPUs this process may run on. Set once at start.
void set_threads(int64_t count);
int64_t default_threads();  // the CPUs this process may run on (sched_getaffinity)
int64_t threads();

/// Runs body(begin, end) over disjoint parts of [0, n) on our one long-lived pool; returns when all are done. There are
/// clamp(n / grain, 1, threads()) parts of (nearly) equal size, whichever thread takes which: results may depend on the
/// parts, never on the schedule. Of several exceptions that of the lowest part is rethrown, after all parts have ended.
/// Nested calls run inline. The pool sleeps while it has nothing to do; OpenMP's threads must too
/// (OMP_WAIT_POLICY=passive, set by main() before the first library asks), or two busy pools share the CPUs at a tenth
/// of the speed.
void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

/// Runs body(0) .. body(n - 1) on the same pool, each on the thread that is free next: for few parts of unequal size.
/// Exceptions and nested calls as above.
void parallel_each(int64_t n, const std::function<void(int64_t part)>& body);

}  // namespace rift
