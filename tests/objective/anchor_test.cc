#include "rift/objective/anchor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/failure.h"

namespace rift::objective {
namespace {

AnchorOptions l2_sp(double lambda) {
  AnchorOptions options;
  options.kind = L2SpAnchor{.lambda = lambda};
  return options;
}

AnchorOptions read(const Json& json) {
  AnchorOptions options;
  read_options(json, "run.yaml", options, "objective.anchor");
  return options;
}

TEST(AnchorOptions, ANamedKindHasALambda) {
  for (const std::string_view kind : kAnchorNames) {
    SCOPED_TRACE(kind);
    if (kind == "none") {
      EXPECT_NO_THROW(read(Json{{"kind", kind}}));
      continue;
    }
    EXPECT_THAT(test::message_of(Code::kConfig,
                                 [&] {
                                   read(Json{{"kind", kind}});
                                 }),
                testing::HasSubstr("objective.anchor.lambda: missing"));
    EXPECT_EQ(lambda_of(read(Json{{"kind", kind}, {"lambda", 0}})), 0.0);
    EXPECT_EQ(lambda_of(read(Json{{"kind", kind}, {"lambda", 0.5}})), 0.5);
  }
}

TEST(AnchorOptions, KeysThatWouldDoNothingAreRefused) {
  const auto refused = [](const Json& json) { return test::message_of(Code::kConfig, [&] { read(json); }); };
  for (const auto& [key, value] : {std::pair<const char*, Json>{"texts", "a.txt"}, {"column", "note"}, {"rows", 7}}) {
    Json json{{"kind", "ewc"}, {"lambda", 1}, {"fisher", "ewc_fisher.safetensors"}};
    EXPECT_NO_THROW(read(json));
    json[key] = value;
    EXPECT_THAT(refused(json), testing::HasSubstr("objective.anchor.fisher: stands in place of texts")) << key;
  }
  Json json{{"kind", "distillation"}, {"lambda", 1}, {"temperature", 2}};
  EXPECT_THAT(refused(json), testing::HasSubstr("objective.anchor.temperature: divides logits"));
  json["what"] = "logits";
  EXPECT_NO_THROW(read(json));
}

TEST(L2Sp, HoldsThePretrainedValuesOfItsSlices) {
  const std::vector<double> pretrained = {1, 2, 3, 4};
  const auto anchor = make_anchor<double>(l2_sp(0.5), pretrained, {{0, 1}, {2, 2}});
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->lambda, 0.5);
  EXPECT_EQ(anchor->centre, (std::vector<double>{1, 3, 4}));
}

TEST(L2Sp, LambdaZeroIsNoAnchorAtAll) {
  EXPECT_FALSE(make_anchor<float>(l2_sp(0), std::vector<float>{1}, {{0, 1}}).has_value());
}

TEST(L2Sp, WithNothingToHoldThereIsNoAnchor) {
  EXPECT_FALSE(make_anchor<float>(l2_sp(0.1), std::vector<float>{1}, {}).has_value());
}

TEST(L2, PullsTowardsZeroWhateverWasPretrained) {
  const AnchorOptions options{.kind = L2Anchor{.lambda = 0.25}};
  const auto anchor = make_anchor<double>(options, std::vector<double>{1, 2, 3, 4}, {{0, 1}, {2, 2}});
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->lambda, 0.25);
  EXPECT_EQ(anchor->centre, (std::vector<double>{0, 0, 0}));
}

TEST(Ewc, HoldsThePretrainedValuesEachByItsRate) {
  const AnchorOptions options{.kind = EwcAnchor{.lambda = 2}};
  const auto anchor = make_anchor<double>(options, std::vector<double>{1, 2, 3, 4}, {{0, 1}, {2, 2}}, {5, 6, 7});
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->centre, (std::vector<double>{1, 3, 4}));
  EXPECT_EQ(anchor->rates, (std::vector<double>{5, 6, 7}));
}

TEST(Anchor, OneThatLooksAtRowsIsNoneOfTheOptimizers) {
  for (const AnchorOptions& options :
       {AnchorOptions{.kind = DistillationAnchor{.lambda = 1}}, AnchorOptions{.kind = ReplayAnchor{.lambda = 1}},
        AnchorOptions{.kind = AlignmentAnchor{.lambda = 1}}, AnchorOptions{}}) {
    EXPECT_FALSE(make_anchor<float>(options, std::vector<float>{1}, {{0, 1}}).has_value());
  }
}

TEST(Anchor, LambdaIsThatOfTheKind) {
  EXPECT_EQ(lambda_of({}), 0.0);
  EXPECT_EQ(lambda_of({.kind = L2Anchor{.lambda = 1}}), 1.0);
  EXPECT_EQ(lambda_of({.kind = L2SpAnchor{.lambda = 2}}), 2.0);
  EXPECT_EQ(lambda_of({.kind = DistillationAnchor{.lambda = 3}}), 3.0);
  EXPECT_EQ(lambda_of({.kind = AlignmentAnchor{.lambda = 4}}), 4.0);
  EXPECT_EQ(lambda_of({.kind = EwcAnchor{.lambda = 5}}), 5.0);
  EXPECT_EQ(lambda_of({.kind = ReplayAnchor{.lambda = 6}}), 6.0);
}

}  // namespace
}  // namespace rift::objective
