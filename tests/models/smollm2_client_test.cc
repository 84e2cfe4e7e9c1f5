#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "models/load.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/models/language_model.h"
#include "support/client.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

// Real weights of a decoder beside transformers: SmolLM2-135M-Instruct, a Llama with 9 heads over 3 of keys, in Q4_1.
namespace rift::models {
namespace {

/// Largest difference over the largest value.
void expect_near(const at::Tensor& got, const at::Tensor& golden, double tolerance) {
  EXPECT_LT((got.detach() - golden).abs().max().item<double>(), tolerance * golden.abs().max().item<double>());
}

TEST(SmolLm2, StatesNextTokensAndGradientsEqualTransformers) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT_SMOLLM2();
  std::vector<std::vector<int32_t>> rows = {{28, 1092, 6330, 314, 2004, 30}, {1, 4093}, {504, 2905, 282, 253}};
  rows.emplace_back();
  for (int32_t i = 0; i < 150; ++i) rows.back().push_back(17 + 7919 * i % 49'000);  // far beyond the first positions
  Json lists = Json::array();
  tensor::TokenRows tokens;
  for (const std::vector<int32_t>& ids : rows) {
    Json list = Json::array();
    for (const int32_t id : ids) list.push_back(static_cast<int64_t>(id));
    lists.push_back(std::move(list));
    tokens.add_row(ids, 0);
  }
  const test::TempDirectory directory;
  directory.write("rows.json", to_json_text(lists));
  const auto run = test::run_client("tests/models/clients/smollm2_logits.py",
                                    {test::kSmolLm2, directory / "rows.json", directory / "out.safetensors"});
  ASSERT_EQ(run.status, 0) << run.output;
  const tensor::TensorMap expected = checkpoint::read_tensors(directory / "out.safetensors");
  const auto model_file = checkpoint::open_hf_directory(test::kSmolLm2);
  LanguageModel model({.config = model_file.config}, test::load_weights(model_file, {.language_head = true}).tensors);
  const auto batch = tensor::make_packed_batch(tokens, c10::Device(c10::DeviceType::CPU));
  {
    const at::NoGradGuard scoring;
    expect_near(model.encoder().forward(batch, {}), expected.at("states"), 1e-5);
  }
  const at::Tensor logits = model.language_head().logits(model.encoder().forward(batch, {}, TokensRead::kLast));
  expect_near(logits, expected.at("logits"), 1e-5);
  logits.square().sum().backward();
  size_t gradients = 0;
  for (const auto& [name, golden] : expected) {
    if (!name.starts_with("gradient.")) continue;
    SCOPED_TRACE(name);
    ++gradients;
    const at::Tensor ours = model.parameters().at(name.substr(9)).view.grad().narrow(0, 0, golden.size(0));
    EXPECT_LT((ours - golden).norm().item<double>(), 1e-4 * golden.norm().item<double>());
  }
  EXPECT_EQ(gradients, 8u);
}

}  // namespace
}  // namespace rift::models
