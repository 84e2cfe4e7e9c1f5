#include "rift/nn/engine/panels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "rift/nn/engine/memory.h"

namespace rift::nn::engine {
namespace {

std::vector<Panel> panels_of_lengths(const std::vector<int64_t>& lengths) {
  std::vector<int64_t> begin = {0};
  for (const int64_t length : lengths) begin.push_back(begin.back() + length);
  return panels_of(begin);
}

TEST(Panels, HoldEveryRowOnceInOrderAndBeginEven) {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 500; ++i) lengths.push_back(1 + i * 37 % 300);
  const auto panels = panels_of_lengths(lengths);
  int64_t row = 0, source = 0, place = 0;
  for (const Panel& panel : panels) {
    EXPECT_EQ(panel.first_row, row);
    EXPECT_EQ(panel.source, source);
    EXPECT_GE(panel.begin, place);
    EXPECT_LT(panel.begin, place + kPanelAlignment);
    EXPECT_EQ(panel.begin % kPanelAlignment, 0);
    int64_t tokens = 0;
    for (int64_t i = 0; i < panel.rows; ++i) tokens += lengths[static_cast<size_t>(row + i)];
    EXPECT_EQ(panel.tokens, tokens);
    EXPECT_TRUE(panel.tokens <= kPanelTokens || panel.rows == 1);
    row += panel.rows;
    source += tokens;
    place = panel.begin + tokens;
  }
  EXPECT_EQ(row, 500);
}

TEST(Panels, ARowLongerThanAPanelStandsAlone) {
  const auto panels = panels_of_lengths({3, 1000, 5, 6});
  ASSERT_EQ(panels.size(), 3u);
  EXPECT_EQ(panels[1].tokens, 1000);
  EXPECT_EQ(panels[1].rows, 1);
  EXPECT_EQ(panels[2].rows, 2);
}

TEST(Panels, StretchesCoverAllRows) {
  EXPECT_TRUE(stretches_of(0, 16).empty());
  const auto stretches = stretches_of(33, 16);
  ASSERT_EQ(stretches.size(), 3u);
  EXPECT_EQ(stretches[2].begin, 32);
  EXPECT_EQ(stretches[2].size, 1);
}

TEST(Memory, ALayoutMeasuresWhatItPlaces) {
  Layout measuring;
  EXPECT_EQ(measuring.take<float>(10), nullptr);
  measuring.take<uint16_t>(33);
  EXPECT_EQ(measuring.used(), 64u + 128u);
  Block block(measuring.used());
  Layout placing(block.data());
  float* first = placing.take<float>(10);
  auto* second = placing.take<uint16_t>(33);
  EXPECT_EQ(static_cast<void*>(first), block.data());
  EXPECT_EQ(reinterpret_cast<char*>(second) - block.data(), 64);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % 64, 0u);
  EXPECT_EQ(first[9], 0.0f);
}

TEST(Memory, WhatTheSystemDoesNotHaveIsAnErrorThatABatchMayBeSplitFor) {
  constexpr size_t kTooMuch = size_t{1} << 60;
  BlockPool pool;
  EXPECT_THROW(pool.take(kTooMuch), OutOfMemory);
  // A thread's scratch or a model's weights: a smaller batch is no way out, and part of this one may be computed.
  try {
    const Block block(kTooMuch);
    FAIL() << "expected an error";
  } catch (const OutOfMemory&) {
    FAIL() << "expected another error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kEnvironment);
  }
}

TEST(Memory, HeldBytesAreThoseOfBlocksInUseAndInPools) {
  const size_t before = held_bytes();
  {
    BlockPool pool;
    Block block = pool.take(1000);
    const size_t size = block.size();
    EXPECT_EQ(held_bytes(), before + size);
    Block moved = std::move(block);
    pool.give_back(std::move(moved));
    EXPECT_EQ(held_bytes(), before + size);
  }
  EXPECT_EQ(held_bytes(), before);
}

TEST(Memory, ABlockThatWasGivenBackIsTakenAgainAndLargerOnesAreNew) {
  BlockPool pool;
  Block block = pool.take(1000);
  char* const at = block.data();
  std::memset(at, 1, 1000);
  pool.give_back(std::move(block));
  Block again = pool.take(500);
  EXPECT_EQ(again.data(), at);
  Block other = pool.take(500);
  EXPECT_NE(other.data(), at);
  pool.give_back(std::move(again));
  EXPECT_GE(pool.take(size_t{10} << 20).size(), size_t{10} << 20);
  EXPECT_EQ(pool.take(0).size() % (size_t{1} << 21), 0u);
}

}  // namespace
}  // namespace rift::nn::engine
