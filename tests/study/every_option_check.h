#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "study/every_option_result.h"
#include "support/failure.h"

namespace rift::test {

/// Sets options one by one and says where that does not show.
class OptionCheck {
 public:
  using Run = std::function<Result(const std::vector<std::string>& sets)>;

  /// `kind`: what else a result without the option goes by; cases of one kind and one context share it.
  void expect_shows(const OptionCase& one, const std::string& kind, const Run& run) {
    std::vector<std::string> sets = split_sets(one.context);
    const Result& before = without(sets, kind, run);
    for (std::string& set : split_sets(one.change)) sets.push_back(std::move(set));
    if (!one.error.empty()) {
      EXPECT_THAT(failure([&] { run(sets); }), testing::HasSubstr(std::string(one.error)));
      return;
    }
    const Result after = run(sets);
    if (one.same.empty()) {
      EXPECT_NE(after, before) << one.option << " has no effect";
    } else {
      EXPECT_EQ(after, before) << one.option << " changes results, not only what " << one.same << " shows";
    }
  }

 private:
  const Result& without(const std::vector<std::string>& context, const std::string& kind, const Run& run) {
    std::string key = kind;
    for (const std::string& set : context) key += ";" + set;
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    return known_.emplace(key, run(context)).first->second;
  }

  std::map<std::string, Result> known_;
};

}  // namespace rift::test
