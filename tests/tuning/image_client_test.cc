#include <gtest/gtest.h>

#include "models/vision/tiny_images.h"
#include "rift/checkpoint/peft_directory.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"
#include "support/client.h"
#include "support/temp_directory.h"

// PEFT reads adapters on image models; see the first lines of clients/peft_loads_image_adapter.py for what it checks.
namespace rift::tuning {
namespace {

void expect_peft_agrees(const std::string& name, const LoraOptions& options) {
  const std::string folder = test::image_folder(name);
  const auto model = test::image_classifier(folder);
  apply({.method = options}, *model, 11);
  nn::ParameterStore& store = model->parameters();
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) nn::fill_uniform(store, parameter, 0.1, 5);
  }
  const test::TempDirectory directory;
  checkpoint::write_peft_directory(directory.folder("adapter"), adapter_of(*model, options),
                                   test::image_parts(folder, 1).layout);
  const models::ImageBatch batch = test::golden_images(test::golden_in(folder));
  const at::Tensor logits = model->forward(batch, {});
  logits.sum().backward();
  tensor::TensorMap outputs = {{"pixels", batch.pixels}, {"logits", logits.detach()}};
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.trainable) outputs.emplace("gradient." + parameter.name, parameter.view.grad());
  }
  checkpoint::write_tensors(directory / "ours.safetensors", outputs);
  const auto run = test::run_client("tests/tuning/clients/peft_loads_image_adapter.py", {directory.path(), folder});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_NE(run.output.find("all checks hold"), std::string::npos) << run.output;
}

TEST(PeftImageClient, ConvolutionsOfAResNet) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  expect_peft_agrees("resnet_bottleneck", {.rank = 3, .alpha = 6});
  expect_peft_agrees("resnet_early",
                     {.rank = 2, .alpha = 3, .targets = {"layer.1.convolution", "shortcut.convolution"}});
}

TEST(PeftImageClient, QueriesAndValuesOfAViT) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  expect_peft_agrees("vit", {.rank = 4, .alpha = 6});
}

TEST(PeftImageClient, PatchesAndEveryDenseMapOfAViT) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  expect_peft_agrees("vit", {.rank = 2, .alpha = 4, .targets = {"projection", "dense"}});
}

}  // namespace
}  // namespace rift::tuning
