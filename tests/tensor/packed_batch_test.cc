#include "rift/tensor/packed_batch.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "rift/base/error.h"
#include "support/failure.h"

namespace rift::tensor {
namespace {

const c10::Device kCpu(c10::DeviceType::CPU);

TEST(PackedBatch, RowsStandOneAfterTheOtherWithoutPadding) {
  TokenRows rows;
  rows.add_row(std::vector<int32_t>{101, 7, 102}, 11);
  rows.add_row(std::vector<int32_t>{101, 102}, 12);
  const PackedBatch batch = make_packed_batch(rows, kCpu);
  EXPECT_EQ(batch.rows, 2);
  EXPECT_EQ(batch.tokens, 5);
  EXPECT_EQ(batch.longest, 3);
  EXPECT_EQ(batch.largest_id, 102);
  EXPECT_TRUE(at::equal(batch.ids, at::tensor(std::vector<int64_t>{101, 7, 102, 101, 102})));
  EXPECT_TRUE(at::equal(batch.positions, at::tensor(std::vector<int64_t>{0, 1, 2, 0, 1})));
  EXPECT_TRUE(at::equal(batch.type_ids, at::tensor(std::vector<int64_t>{0, 0, 0, 0, 0})));
  EXPECT_TRUE(at::equal(batch.row_begin, at::tensor(std::vector<int64_t>{0, 3, 5})));
  EXPECT_EQ(batch.row_tokens(1), 2);
  EXPECT_EQ(batch.row_keys, (std::vector<uint64_t>{11, 12}));
}

TEST(PackedBatch, TypeIdsOfOneRowLeaveTheOthersAtZero) {
  TokenRows rows;
  rows.add_row(std::vector<int32_t>{1, 2}, 1);
  rows.add_row(std::vector<int32_t>{3, 4}, 2, std::vector<int32_t>{0, 1});
  rows.add_row(std::vector<int32_t>{5}, 3);
  const PackedBatch batch = make_packed_batch(rows, kCpu);
  EXPECT_TRUE(at::equal(batch.type_ids, at::tensor(std::vector<int64_t>{0, 0, 0, 1, 0})));
  EXPECT_EQ(batch.largest_type_id, 1);
}

TEST(PackedBatch, EmptyBatchesAndEmptyRowsAreRefused) {
  TokenRows none;
  test::message_of(Code::kBug, [&] { make_packed_batch(none, kCpu); });
  TokenRows empty_row;
  empty_row.add_row(std::vector<int32_t>{1}, 1);
  empty_row.add_row(std::vector<int32_t>{}, 2);
  test::message_of(Code::kBug, [&] { make_packed_batch(empty_row, kCpu); });
  TokenRows negative;
  negative.add_row(std::vector<int32_t>{-1}, 1);
  test::message_of(Code::kBug, [&] { make_packed_batch(negative, kCpu); });
}

}  // namespace
}  // namespace rift::tensor
