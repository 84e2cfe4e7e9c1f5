#include "rift/tuning/bottleneck.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"

// Beside the library `adapters`: tools/fixtures/tuning/bottleneck_golden.py says what the values are.
namespace rift::tuning {
namespace {

at::Tensor counted(const nn::Parameter& parameter) { return at::arange(parameter.size, at::kDouble); }

/// "0.attention_adapter.down.weight" of "bert.encoder.layer.0.attention_adapter.down.weight".
std::string place_of(const std::string& name) {
  const size_t adapter = name.find("_adapter.");
  const size_t part = name.rfind('.', adapter);
  return name.substr(name.rfind('.', part - 1) + 1);
}

double shift_of(const std::string& place) {
  double shift = std::stod(place) + (place.find("attention") != std::string::npos ? 0.1 : 0.0);
  if (place.ends_with("down.bias")) shift += 0.25;
  if (place.ends_with("up.weight")) shift += 0.5;
  if (place.ends_with("up.bias")) shift += 0.75;
  return shift;
}

TEST(Bottleneck, LogitsAndGradientsAreThoseOfAdapters) {
  const Json golden = parse_json(read_file("tests/tuning/fixtures/bottleneck.json"), "bottleneck.json");
  for (const Json& one : golden.at("cases").as_array()) {
    SCOPED_TRACE(one.at("model").as_string() + " " + one.at("style").as_string());
    const std::string folder = test::tiny_folder(one.at("model").as_string());
    const auto model = test::classifier_in(folder, {.dtype = at::kDouble});
    const auto style = value_named<BottleneckStyle>(one.at("style").as_string()).value();
    const bool f32_norms = one.at("model").as_string() == "llama" || one.at("model").as_string() == "mistral";
    const double tolerance = f32_norms ? 1e-5 : 1e-9;
    const Applied applied = apply({.method = BottleneckOptions{.style = style, .reduction = 4}}, *model, 1);
    nn::ParameterStore& store = model->parameters();
    for (const std::string& name : applied.encoder) {
      const nn::Parameter& parameter = store.at(name);
      store.copy_from(tensor::TensorMap{
          {name, ((counted(parameter) * 1.7 + shift_of(place_of(name))).sin() / 5).view(parameter.shape)}});
    }
    const at::Tensor logits = model->forward(test::golden_batch(test::golden_in(folder)), {});
    const std::vector<double> expected = test::numbers_of(one.at("logits"));
    for (size_t row = 0; row < expected.size(); ++row) {
      EXPECT_NEAR(logits[static_cast<int64_t>(row)].item<double>(), expected[row], tolerance) << row;
    }
    logits.sum().backward();
    EXPECT_EQ(one.at("gradients").size(), applied.encoder.size());
    for (const std::string& name : applied.encoder) {
      const nn::Parameter& parameter = store.at(name);
      const at::Tensor gradient = parameter.view.grad().flatten(), count = counted(parameter);
      const std::vector<double> products = test::numbers_of(one.at("gradients").at(place_of(name)));
      EXPECT_NEAR(gradient.dot(count.sin()).item<double>(), products[0], tolerance * (1 + std::abs(products[0])))
          << name;
      EXPECT_NEAR(gradient.dot(count.cos()).item<double>(), products[1], tolerance * (1 + std::abs(products[1])))
          << name;
    }
  }
}

TEST(Bottleneck, ANarrowerOneThanANumberIsRefused) {
  const auto model = test::classifier_in(test::tiny_folder("roberta"));
  EXPECT_EQ(test::message_of(Code::kConfig, [&] { apply({.method = BottleneckOptions{.reduction = 65}}, *model, 1); }),
            "tuning.reduction: the model's states have 64 numbers, got 65; set it to 64 at most");
}

}  // namespace
}  // namespace rift::tuning
