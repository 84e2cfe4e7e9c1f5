#pragma once

#include <cstdint>

#include "rift/base/random.h"

namespace rift::search {

/// Numbers of one trial, drawn one after the other: the stream is the trial.
class Draws {
 public:
  Draws(uint64_t seed, int64_t number) : random_(seed, kStream + static_cast<uint64_t>(number)) {}
  double uniform() { return random_.uniform(next_++); }
  int64_t below(int64_t bound) { return static_cast<int64_t>(random_.below(next_++, static_cast<uint64_t>(bound))); }

 private:
  static constexpr uint64_t kStream = uint64_t{0x5EA2C4} << 32;
  CounterRandom random_;
  uint64_t next_ = 0;
};

}  // namespace rift::search
