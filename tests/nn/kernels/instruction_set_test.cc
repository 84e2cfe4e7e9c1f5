#include "rift/nn/kernels/instruction_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/failure.h"

namespace rift::nn::kernels {
namespace {

TEST(InstructionSets, AreOrderedFromTheSlowestAndFoundByTheirNames) {
  const auto sets = usable_instruction_sets();
  ASSERT_FALSE(sets.empty());
  EXPECT_EQ(sets.front(), InstructionSet::kBaseline);
  EXPECT_TRUE(std::ranges::is_sorted(sets));
  for (const InstructionSet set : sets) EXPECT_EQ(usable_instruction_set(name_of(set)), set);
  EXPECT_EQ(name_of(InstructionSet::kAvx512Vnni), "avx512_vnni");
  EXPECT_EQ(name_of(InstructionSet::kAvx512Bf16), "avx512_bf16");
  EXPECT_EQ(name_of(InstructionSet::kAmx), "amx");
}

TEST(InstructionSets, OneThatIsNotThereIsRefusedNamingTheVariableAndWhatThereIs) {
  const std::string message = test::message_of(Code::kConfig, [] { usable_instruction_set("avx1024"); });
  EXPECT_EQ(message.find("RIFT_INSTRUCTION_SET: this CPU runs baseline"), 0u) << message;
  EXPECT_TRUE(message.ends_with("got 'avx1024'")) << message;
}

TEST(InstructionSets, AForcedOneIsInUse) {
  const InstructionSet before = instruction_set();
  for (const InstructionSet set : usable_instruction_sets()) {
    force_instruction_set(set);
    EXPECT_EQ(instruction_set(), set);
  }
  force_instruction_set(before);
}

}  // namespace
}  // namespace rift::nn::kernels
