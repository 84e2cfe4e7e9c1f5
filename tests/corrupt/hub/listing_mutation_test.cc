#include <gtest/gtest.h>

#include "corrupt/expect_mutants.h"
#include "fuzz/hub_listing_fuzz.h"

namespace rift {
namespace {

TEST(HubListingMutants, AreRefusedOrStayInside) {
  const std::vector<std::string> words = {"../",  "/",           "\\u0000", "\\\\", "null", "-1",
                                          "1e99", "\"lfs\": 1,", "\"\"",    "{}",   "[]",   "."};
  forge::expect_refused_or_sound(std::string(fuzz::kHubListing), words, 20'000, fuzz::read_hub_listing);
}

}  // namespace
}  // namespace rift
