#include "rift/train/precision.h"

#include <gtest/gtest.h>

#include "rift/nn/kernels/instruction_set.h"
#include "support/failure.h"

namespace rift::train {
namespace {

using nn::kernels::InstructionSet;

class TrainingPrecision : public testing::Test {
 protected:
  ~TrainingPrecision() override { nn::kernels::force_instruction_set(before_); }

 private:
  InstructionSet before_ = nn::kernels::instruction_set();
};

TEST_F(TrainingPrecision, AutomaticIsBf16WhereTheCpuMultipliesIt) {
  for (const InstructionSet set : nn::kernels::usable_instruction_sets()) {
    nn::kernels::force_instruction_set(set);
    const bool has_instructions = set == InstructionSet::kAvx512Bf16 || set == InstructionSet::kAmx;
    EXPECT_EQ(resolved(Precision::kAutomatic, ""), has_instructions ? Precision::kBf16 : Precision::kF32);
    EXPECT_EQ(resolved(Precision::kAutomatic, "its activation is not gelu"), Precision::kF32);
    EXPECT_EQ(resolved(Precision::kF32, ""), Precision::kF32);
    EXPECT_EQ(resolved(Precision::kBf16, ""), Precision::kBf16);
  }
}

TEST_F(TrainingPrecision, Bf16IsRefusedWhereTheEngineDoesNotRunTheModel) {
  const std::string message =
      test::message_of(Code::kConfig, [] { resolved(Precision::kBf16, "its activation is not gelu"); });
  EXPECT_NE(message.find("its activation is not gelu"), std::string::npos) << message;
}

TEST(BatchMemory, IsRefusedWhereTheEngineDoesNotRunTheModel) {
  require_batch_memory(0, "its activation is not gelu");
  require_batch_memory(64, "");
  const std::string message =
      test::message_of(Code::kConfig, [] { require_batch_memory(64, "its activation is not gelu"); });
  EXPECT_NE(message.find("train.batch_memory_mib: 64"), std::string::npos) << message;
  EXPECT_NE(message.find("its activation is not gelu"), std::string::npos) << message;
}

}  // namespace
}  // namespace rift::train
