#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "models/golden_case.h"
#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/base/threads.h"
#include "rift/tensor/aten_threads.h"

// Every architecture beside transformers. Golden values: encoders_golden.py and decoders_golden.py of
// tools/fixtures/models.
namespace rift::models {
namespace {

using test::classifier_in;
using test::expect_case;
using test::golden_batch;
using test::golden_in;
using test::kForward;
using test::numbers_of;

class Encoders : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return test::tiny_folder(GetParam()); }
  Json golden() const { return golden_in(folder()); }
  /// A model as of one golden case, its classifier included.
  std::unique_ptr<TextClassifier> model_of(const Json& golden_case) const {
    const int64_t outputs = golden_case.at("outputs").as_int();
    auto model = classifier_in(
        folder(), {.pooling = value_named<Pooling>(golden_case.at("pooling").as_string()).value(), .outputs = outputs});
    test::fill_head(model->parameters(), golden_case.at("classifier"));
    return model;
  }
};

INSTANTIATE_TEST_SUITE_P(Tiny, Encoders, testing::ValuesIn(test::kTinyEncoders),
                         [](const auto& encoder) { return std::string(encoder.param); });
INSTANTIATE_TEST_SUITE_P(TinyDecoder, Encoders, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

TEST_P(Encoders, LogitsLossAndEveryGradientEqualTransformersOnEveryHeadReading) {
  const Json golden = this->golden();
  for (const Json& one : golden.at("cases").as_array()) {
    SCOPED_TRACE(one.at("pooling").as_string());
    const auto model = model_of(one);
    expect_case(model->parameters(), model->forward(golden_batch(golden), {}), one, golden);
  }
}

TEST_P(Encoders, PaddingInsideARowHasThePositionsOfTransformers) {
  const Json golden = this->golden();
  const Json* row = golden.find("padding_row");
  if (row == nullptr) GTEST_SKIP() << "positions of this model do not depend on ids";
  tensor::TokenRows rows;
  std::vector<int32_t> ids;
  for (const double id : numbers_of(row->at("ids"))) ids.push_back(static_cast<int32_t>(id));
  rows.add_row(std::vector<int32_t>{2, 9, 1, 3}, 0);
  rows.add_row(ids, 1);
  const at::NoGradGuard scoring;
  const at::Tensor logits =
      classifier_in(folder())->forward(tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU)), {});
  EXPECT_NEAR(logits[1].item<double>(), numbers_of(row->at("logits")).front(), kForward);
}

TEST_P(Encoders, ARowAloneHasTheLogitsItHasInABatch) {
  const Json golden = this->golden();
  const at::NoGradGuard scoring;
  for (const Json& one : golden.at("cases").as_array()) {
    const auto model = model_of(one);
    const at::Tensor together = model->forward(golden_batch(golden), {});
    for (size_t row = 0; row < golden.at("rows").size(); ++row) {
      const at::Tensor alone = model->forward(golden_batch(golden, {row}), {});
      EXPECT_LT((alone[0] - together[static_cast<int64_t>(row)]).abs().max().item<double>(), 2e-6) << row;
    }
  }
}

TEST_P(Encoders, DropoutOfARowDoesNotDependOnTheRowsBesideIt) {
  const Json golden = this->golden();
  const auto model = classifier_in(folder(), {.dtype = at::kDouble});
  const nn::ForwardContext training{.training = true, .seed = 3, .epoch = 1};
  const at::Tensor whole = model->forward(golden_batch(golden), training);
  for (size_t row = 0; row < golden.at("rows").size(); ++row) {
    EXPECT_NEAR(model->forward(golden_batch(golden, {row}), training).item<double>(),
                whole[static_cast<int64_t>(row)].item<double>(), 1e-12);
  }
  EXPECT_GT((whole - model->forward(golden_batch(golden), {})).abs().max().item<double>(), 1e-3);
}

TEST_P(Encoders, FirstOrLastTokensAloneAreThoseOfAllTokens) {
  const auto model = classifier_in(folder(), {.dtype = at::kDouble});
  const tensor::PackedBatch batch = golden_batch(golden());
  for (const bool training : {false, true}) {
    const nn::ForwardContext context{.training = training, .seed = 3, .epoch = 1};
    const at::Tensor all = model->encoder().forward(batch, context, TokensRead::kAll);
    for (const TokensRead read : {TokensRead::kFirst, TokensRead::kLast}) {
      const at::Tensor alone = model->encoder().forward(batch, context, read);
      ASSERT_EQ(alone.size(0), batch.rows);
      for (int64_t row = 0; row < batch.rows; ++row) {
        const int64_t token =
            read == TokensRead::kFirst ? batch.row_begin_host[row] : batch.row_begin_host[row + 1] - 1;
        EXPECT_LT((alone[row] - all[token]).abs().max().item<double>(), 1e-13);
      }
    }
  }
}

/// Logits and gradients of a loss that weighs every row differently.
std::map<std::string, at::Tensor> outcome(TextClassifier& model, const tensor::PackedBatch& batch,
                                          nn::ForwardContext context, nn::Execution execution) {
  context.execution = execution;
  model.parameters().zero_gradients();
  const at::Tensor logits = model.forward(batch, context);
  std::vector<double> weights;
  for (int64_t b = 0; b < batch.rows; ++b) weights.push_back(0.3 * static_cast<double>(b % 5) - 0.5);
  logits.backward(at::tensor(weights, at::kDouble).to(at::kFloat).view({-1, 1}));
  std::map<std::string, at::Tensor> outcome = {{"logits", logits.detach()}};
  for (const nn::Parameter& parameter : model.parameters().parameters()) {
    if (parameter.trainable) outcome.emplace(parameter.name, parameter.view.grad().clone());
  }
  return outcome;
}

TEST_P(Encoders, TheEngineGivesWhatThePlainLayersGive) {
  for (const auto pooling : {std::optional<Pooling>(), std::optional(Pooling::kMean)}) {
    const auto model = classifier_in(folder(), {.pooling = pooling});
    const bool is_decoder =
        std::ranges::find(test::kTinyDecoders, std::string(GetParam())) != std::end(test::kTinyDecoders);
    if (is_decoder || std::string(GetParam()).starts_with("modernbert")) {
      EXPECT_EQ(model->encoder().why_not_fused(), "this architecture has no fused form");
      continue;
    }
    ASSERT_EQ(model->encoder().why_not_fused(), "");
    const tensor::PackedBatch batch = golden_batch(golden());
    for (const bool training : {false, true}) {
      const nn::ForwardContext context{.training = training, .seed = 5, .epoch = 2};
      const auto plain = outcome(*model, batch, context, nn::Execution::kPlain);
      const auto engine = outcome(*model, batch, context, nn::Execution::kAutomatic);
      for (const auto& [name, expected] : plain) {
        const double scale = std::max(expected.norm().item<double>(), 1e-2);
        EXPECT_LT((engine.at(name) - expected).norm().item<double>(), 3e-5 * scale) << name;
      }
    }
    const at::NoGradGuard scoring;
    const at::Tensor f32 = model->forward(batch, {});
    const at::Tensor plain = model->forward(batch, {.execution = nn::Execution::kPlain});
    EXPECT_LT((f32 - plain).abs().max().item<double>(), 1e-5);
    const double range = (f32.max() - f32.min()).item<double>();
    // Of random weights logits are close together: bytes move them by a few per cent of their range.
    for (const auto& [precision, most] : {std::pair{nn::Precision::kBf16, 0.03}, {nn::Precision::kInt8, 0.1}}) {
      const double change = (model->forward(batch, {.precision = precision}) - f32).abs().max().item<double>();
      EXPECT_LT(change, most * range);
      EXPECT_GT(change, 1e-6 * range);  // f32 itself is no other precision
    }
  }
}

/// Rows of 1 to 24 tokens, more in all than one thread takes of a loop.
tensor::PackedBatch many_rows(int64_t count) {
  tensor::TokenRows rows;
  for (int64_t row = 0; row < count; ++row) {
    std::vector<int32_t> ids;
    for (int64_t t = 0; t < 1 + row * 7 % 24; ++t) ids.push_back(static_cast<int32_t>(4 + (row * 5 + t * 11) % 44));
    rows.add_row(ids, static_cast<uint64_t>(row));
  }
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

// Seven outputs, and batches of few rows: products of five to eleven rows are those that a vendor's library rounds by
// the number of threads.
TEST_P(Encoders, GradientsInF32HaveTheSameBitsWithOneOrTwoThreads) {
  const int64_t before = threads();
  for (const int64_t count : {1, 7, 150}) {
    const tensor::PackedBatch batch = many_rows(count);
    std::map<std::string, at::Tensor> of_one;
    for (const int64_t used : {1, 2}) {
      set_threads(used);
      tensor::apply_threads();
      const auto model = classifier_in(folder(), {.outputs = 7});
      const at::Tensor logits =
          model->forward(batch, {.training = true, .seed = 5, .execution = nn::Execution::kPlain});
      logits.square().sum().backward();
      std::map<std::string, at::Tensor> found = {{"logits", logits.detach()}};
      for (const nn::Parameter& parameter : model->parameters().parameters()) {
        if (parameter.trainable) found.emplace(parameter.name, parameter.view.grad().clone());
      }
      if (used == 1) of_one = found;
      for (const auto& [name, tensor] : found) EXPECT_TRUE(at::equal(tensor, of_one.at(name))) << count << " " << name;
    }
  }
  set_threads(before);
  tensor::apply_threads();
}

}  // namespace
}  // namespace rift::models
