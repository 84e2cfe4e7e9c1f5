#include "rift/metrics/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "rift/base/error.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/multiclass.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/regression.h"

namespace rift::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;
using Values = std::vector<double>;

void expect_error(Code code, const std::string& words, const std::function<void()>& body) {
  try {
    body();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.message();
    EXPECT_THAT(error.message(), HasSubstr(words));
    EXPECT_THAT(error.message(), Not(HasSubstr("77"))) << "the value of the row is in the message";
  }
}

TEST(Rows, AFaultyRowIsNamedByItsNumberAndNotItsValue) {
  expect_error(Code::kData, "row 2 of the 3 that are judged: expected a label", [] {
    auc(Values{0, 1, 77}, Values{1, 2, 3});
  });
  expect_error(Code::kData, "row 1 of the 2 that are judged: the score", [] {
    auc(Values{0, 1}, Values{1, std::nan("")});
  });
  expect_error(Code::kData, "row 0 of the 2 that are judged: the pd", [] {
    brier_score(Values{0, 1}, Values{77, 0.5});
  });
  expect_error(Code::kData, "row 1 of the 2 that are judged: the pd", [] {
    log_loss(Values{0, 1}, Values{0.5, std::nan("")});
  });
  expect_error(Code::kData, "row 1 of the 2 that are judged: expected a weight", [] {
    auc(Values{0, 1}, Values{1, 2}, Values{1, -77});
  });
  expect_error(Code::kData, "row 0 of the 2 that are judged: expected a weight", [] {
    auc(Values{0, 1}, Values{1, 2}, Values{std::nan(""), 1});
  });
  expect_error(Code::kData, "row 0 of the 1 that are judged: expected a label",
               [] { confusion_matrix(Values{77}, Values{0}, 3); });
  expect_error(Code::kData, "row 0 of the 1 that are judged: expected a predicted class",
               [] { confusion_matrix(Values{0}, Values{0.5}, 3); });
  expect_error(Code::kData, "row 0 of the 1 that are judged: the prediction",
               [] { r_squared(Values{0}, Values{std::nan("")}); });
  expect_error(Code::kData, "row 1 of the 2 that are judged: expected a label", [] {
    macro_auc(Values{0, 3}, Values{1, 0, 0, 0, 1, 0}, 3);
  });
  expect_error(Code::kData, "row 1 of the 2 that are judged: the probability", [] {
    macro_auc(Values{0, 1}, Values{1, 0, 0, 0, 1, 77}, 3);
  });
}

TEST(Rows, SpansOfDifferentLengthAreABug) {
  expect_error(Code::kBug, "", [] { auc(Values{0, 1}, Values{1}); });
  expect_error(Code::kBug, "", [] { auc(Values{0, 1}, Values{1, 2}, Values{1}); });
  expect_error(Code::kBug, "", [] { macro_auc(Values{0, 1}, Values{1, 0, 0}, 3); });
}

TEST(Rows, WithoutAnyWeightNothingIsDefined) {
  const Values label = {0, 1};
  const Values pd = {0.2, 0.8};
  const Values none = {0, 0};
  EXPECT_FALSE(auc(label, pd, none));
  EXPECT_FALSE(brier_score(label, pd, none));
  EXPECT_FALSE(log_loss(label, pd, none));
  EXPECT_FALSE(calibration_error(label, pd, none));
  EXPECT_FALSE(accuracy(confusion_matrix(label, called_bad(pd), 2, none)));
  EXPECT_FALSE(mcc(confusion_matrix(label, called_bad(pd), 2, none)));
  EXPECT_FALSE(root_mean_squared_error(label, pd, none));
  EXPECT_FALSE(macro_auc(label, Values{1, 0, 0, 1}, 2, none));
}

}  // namespace
}  // namespace rift::metrics
