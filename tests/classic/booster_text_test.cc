#include "rift/classic/booster_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/random.h"
#include "rift/classic/booster.h"
#include "support/failure.h"

namespace rift::classic {
namespace {

/// Two numbers and a category, enough rows for a few leaves.
BoosterRows rows() {
  const CounterRandom random(4, 4);
  BoosterRows rows{.rows = 400, .features = 3};
  for (uint64_t row = 0; row < 400; ++row) {
    const double a = random.normal(4 * row), b = random.normal(4 * row + 1);
    const auto category = static_cast<double>(random.below(4 * row + 2, 6));
    rows.values.insert(rows.values.end(), {a, b, category});
    rows.labels.push_back(a + (category < 3 ? 1.0 : -1.0) + b * b > random.normal(4 * row + 3) ? 1.0 : 0.0);
  }
  return rows;
}

const std::string& model_text() {
  static const std::string text =
      Booster::fit(rows(), {.categorical = {2}, .leaves = 5, .learning_rate = 0.3, .min_rows_in_leaf = 20}, 6).text();
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

/// What follows `key` in the first tree that has it, up to the end of the line.
std::string value_of(const std::string& key) {
  const size_t at = model_text().find("\n" + key + "=") + key.size() + 2;
  return model_text().substr(at, model_text().find('\n', at) - at);
}

TEST(ModelText, HoldsNoValueOfARowAndNothingOfTheMachine) {
  EXPECT_THAT(model_text(), testing::HasSubstr("\nfeature_infos=none none none\n"));
  EXPECT_THAT(model_text(), testing::Not(testing::HasSubstr("num_threads")));
  check_model_text(model_text(), 3, "gbdt.txt");
}

TEST(ModelText, ATextThatEndsInFeatureInfosIsCutThere) {
  EXPECT_EQ(without_surroundings("tree\nfeature_infos=[0:1] [2:3]"), "tree\nfeature_infos=none none");
}

TEST(ModelText, EveryRuleIsChecked) {
  const auto refused = [](const std::string& text, int64_t features = 3) {
    return test::message_of(Code::kArtefact, [&] { check_model_text(text, features, "gbdt.txt"); });
  };
  EXPECT_THAT(refused(model_text(), 4), testing::HasSubstr("expected 4 features"));
  EXPECT_THAT(refused(""), testing::HasSubstr("gbdt.txt"));
  EXPECT_THAT(refused(replaced(model_text(), "Tree=1\n", "Tree=7\n")), testing::HasSubstr("tree 1"));
  EXPECT_THAT(refused(model_text().substr(0, model_text().find("end of trees"))), testing::HasSubstr("end of trees"));
  refused(replaced(model_text(), "feature_infos=none ", "feature_infos="));
  refused(replaced(model_text(), "num_class=1", "num_class=2"));
  EXPECT_THAT(refused(replaced(model_text(), "objective=", "objective=\nother=")), testing::HasSubstr("objective"));
  EXPECT_THAT(refused(replaced(model_text(), "objective=", "objective=x")), testing::HasSubstr("objective"));
  refused(replaced(model_text(), "tree_sizes=", "tree_sizes=1"));
  // Changes that keep the sizes of the trees.
  const auto same_size = [&](const std::string& key, const std::string& with) {
    std::string value = value_of(key);
    ASSERT_GE(value.size(), with.size()) << key;
    const std::string changed = with + value.substr(with.size());
    EXPECT_THAT(refused(replaced(model_text(), key + "=" + value, key + "=" + changed)), testing::HasSubstr("tree"))
        << key;
  };
  same_size("num_leaves", "9");
  same_size("split_feature", "8");
  same_size("left_child", "0");
  same_size("right_child", "x");
  same_size("threshold", "1 1");
  same_size("leaf_value", "nan ");
  same_size("cat_boundaries", "1");
  same_size("is_linear", "1");
  refused(replaced(model_text(), "leaf_value=", "leaf_valua="));
  // A last tree of the right size without the empty line that ends it.
  const std::string end = "\n\n\nend of trees";
  ASSERT_NE(model_text().find(end), std::string::npos);
  EXPECT_THAT(refused(replaced(model_text(), end, "00\nend of trees")), testing::HasSubstr("(at 'end')"));
}

TEST(ModelText, ChangedBytesAreRefusedOrStillAModel) {
  BoosterRows scored = rows();
  scored.rows = 40;
  scored.values.resize(120);
  const CounterRandom random(11, 3);
  int64_t loaded = 0;
  for (uint64_t mutant = 0; mutant < 400; ++mutant) {
    std::string text = model_text();
    const uint64_t changes = 1 + random.below(8 * mutant, 3);
    for (uint64_t change = 0; change < changes; ++change) {
      const size_t at = random.below(8 * mutant + 2 * change + 1, text.size());
      const std::string letters = "0123456789 -.=e\nTx";
      text[at] = letters[random.below(8 * mutant + 2 * change + 2, letters.size())];
    }
    try {
      const Booster booster = Booster::from_text(text, 3, "gbdt.txt");
      for (double value : booster.predict(scored)) ASSERT_FALSE(std::isnan(value));
      ++loaded;
    } catch (const Error& error) {
      ASSERT_EQ(code_info(error.code()).name, code_info(Code::kArtefact).name) << error.message();
    }
  }
  EXPECT_GT(loaded, 20);
  EXPECT_LT(loaded, 380);
}

}  // namespace
}  // namespace rift::classic
