#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "corrupt/mutate.h"

namespace rift::forge {

/// `read` accepts the seed; of its mutants it accepts some and refuses some, and nothing escapes it.
template <class Read>
void expect_refused_or_sound(const std::string& seed, const std::vector<std::string>& words, int mutants, Read read) {
  ASSERT_TRUE(read(seed));
  const CounterRandom random(20240602, 1);
  uint64_t index = 0;
  int accepted = 0;
  for (int i = 0; i < mutants; ++i) {
    const std::string bytes = mutate(seed, words, random, index);
    try {
      accepted += read(bytes) ? 1 : 0;
    } catch (const std::exception& error) {
      FAIL() << "mutant " << i << ": " << error.what();
    }
  }
  EXPECT_GT(accepted, mutants / 100);
  EXPECT_LT(accepted, mutants * 99 / 100);
}

}  // namespace rift::forge
