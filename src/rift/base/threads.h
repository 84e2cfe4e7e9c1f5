#pragma once

#include <cstdint>
#include <functional>

namespace rift {

/// Threads rift may use in the whole process (ours, ATen's, LightGBM's, DuckDB's each get this many, one at a time).
/// 0 = the CPUs this process may run on. Set once at start.
void set_threads(int64_t count);
int64_t threads();

/// Runs body(begin, end) over disjoint parts of [0, n) on our one long-lived pool; returns when all are done. The first
/// exception of a part is rethrown. Parts are at least `grain` items. Nested calls run inline.
void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace rift
