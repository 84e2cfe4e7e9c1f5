#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/study/pretrain_run.h"
#include "rift/study/run/options.h"
#include "study/every_option_table.h"
#include "study/option_leaves.h"
#include "study/pretrain_option_table.h"

namespace rift::study {
namespace {

/// A new option of run.yaml needs a line in tests/study/every_option_table.h, so that EveryOption (label slow) sees
/// whether it has an effect.
TEST(OptionTable, HoldsEveryOptionOfRunYamlOnce) {
  std::vector<std::string> in_table;
  for (const test::OptionCase& one : test::option_cases()) in_table.emplace_back(one.option);
  EXPECT_THAT(in_table, testing::UnorderedElementsAreArray(test::leaves_of(describe_options<RunOptions>())));
}

TEST(OptionTable, HoldsEveryOptionOfAPretrainingOnce) {
  std::vector<std::string> in_table;
  for (const test::OptionCase& one : test::pretrain_option_cases()) in_table.emplace_back(one.option);
  EXPECT_THAT(in_table, testing::UnorderedElementsAreArray(test::leaves_of(describe_pretrain_options())));
}

}  // namespace
}  // namespace rift::study
