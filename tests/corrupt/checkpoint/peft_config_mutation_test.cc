#include <gtest/gtest.h>

#include "corrupt/expect_mutants.h"
#include "fuzz/peft_config_fuzz.h"

namespace rift {
namespace {

TEST(PeftConfigMutants, AreRefusedOrReadBack) {
  const std::vector<std::string> words = {"null", "true", "-1", "0", "1e99", "\"\"", "{}", "[]", "\"pissa\"", "65537"};
  forge::expect_refused_or_sound(std::string(fuzz::kAdapterConfig), words, 20'000, fuzz::read_adapter_config);
}

}  // namespace
}  // namespace rift
