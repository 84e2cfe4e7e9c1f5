#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/golden_case.h"
#include "models/tiny_encoders.h"
#include "models/vision/tiny_images.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/models/label_tokens.h"
#include "rift/models/onnx/graph.h"
#include "support/client.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

// Every architecture as an ONNX graph beside transformers and beside rift: clients/onnx_graphs.py.
namespace rift::models {
namespace {

using test::golden_in;

class OnnxFixture : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }

  /// Adds a model's graph and what is known of it.
  template <class Model>
  void add(const Model& model, const std::string& name, const at::Tensor& logits, Json known) {
    OnnxGraph graph;
    const std::string described = model.describe(graph);
    graph.output("logits", described, OnnxGraph::Type::kF32, {"rows", model.outputs()});
    checkpoint::format::OnnxModel made = graph.take();
    made.graph_name = name;
    checkpoint::format::write_onnx(directory_ / (name + ".onnx"), made);
    known["file"] = name + ".onnx";
    known["ours"] = test::rows_of(logits);
    cases_.push_back(std::move(known));
  }

  void expect_agrees() {
    directory_.write("cases.json", to_json_text(cases_));
    const auto run = test::run_client("tests/models/clients/onnx_graphs.py", {directory_.path()});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
  }

  test::TempDirectory directory_;
  Json cases_ = Json::array();
};

class TextGraphs : public OnnxFixture, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Tiny, TextGraphs, testing::ValuesIn(test::kTinyEncoders),
                         [](const auto& encoder) { return std::string(encoder.param); });
INSTANTIATE_TEST_SUITE_P(TinyDecoder, TextGraphs, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

/// A batch's ids or types, one list per row.
Json lists(const at::Tensor& values, const tensor::PackedBatch& batch) {
  Json rows = Json::array();
  for (int64_t row = 0; row < batch.rows; ++row) {
    Json list = Json::array();
    for (int64_t s = batch.row_begin_host[row]; s < batch.row_begin_host[row + 1]; ++s) {
      list.push_back(values[s].item<int64_t>());
    }
    rows.push_back(std::move(list));
  }
  return rows;
}

TEST_P(TextGraphs, GiveTheLogitsOfTransformersOnEveryHeadReading) {
  const std::string folder = test::tiny_folder(GetParam());
  const Json golden = golden_in(folder);
  const tensor::PackedBatch batch = test::golden_batch(golden);
  const at::NoGradGuard scoring;
  for (const Json& one : golden.at("cases").as_array()) {
    const auto model =
        test::classifier_in(folder, {.pooling = value_named<Pooling>(one.at("pooling").as_string()).value(),
                                     .outputs = one.at("outputs").as_int()});
    test::fill_head(model->parameters(), one.at("classifier"));
    add(*model, one.at("pooling").as_string(), model->forward(batch, {}),
        Json{{"expected", one.at("logits")},
             {"rows", lists(batch.ids, batch)},
             {"types", lists(batch.type_ids, batch)},
             {"vocabulary", model->encoder().sizes().vocab_size}});
  }
  expect_agrees();
}

class RealGraphs : public OnnxFixture {};

TEST_F(RealGraphs, SmolLm2ScoresRowsOfManyTokensByItsLanguageHead) {
  RIFT_SKIP_WITHOUT_SMOLLM2();
  const auto directory = checkpoint::open_hf_directory(test::kSmolLm2);
  tensor::TensorMap tensors = test::load_weights(directory, {.language_head = true}).tensors;
  tensors["score.weight"] =
      label_token_weight(directory.config, test::kSmolLm2, std::vector<int32_t>{1092, 2905, 504}, tensors);
  const TextClassifier model({.config = directory.config, .pooling = Pooling::kLast, .outputs = 3}, tensors);
  tensor::TokenRows rows;
  for (const int tokens : {1, 7, 40, 150}) {
    std::vector<int32_t> ids;
    for (int t = 0; t < tokens; ++t) ids.push_back((tokens * 7919 + t * 104729) % 49152);
    rows.add_row(ids, static_cast<uint64_t>(tokens));
  }
  const auto batch = tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
  const at::NoGradGuard scoring;
  add(model, "smollm2", model.forward(batch, {}),
      Json{{"rows", lists(batch.ids, batch)}, {"types", lists(batch.type_ids, batch)}, {"vocabulary", 49152}});
  expect_agrees();
}

class ImageGraphs : public OnnxFixture, public testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Tiny, ImageGraphs, testing::ValuesIn(test::kTinyImageModels),
                         [](const auto& model) { return std::string(model.param); });

TEST_P(ImageGraphs, GiveTheLogitsOfTheOriginalOnEveryHeadReading) {
  const std::string folder = test::image_folder(GetParam());
  const Json golden = golden_in(folder);
  const ImageBatch batch = test::golden_images(golden);
  checkpoint::write_tensors(directory_ / "pixels.safetensors", {{"pixels", batch.pixels}});
  const at::NoGradGuard scoring;
  for (const Json& one : golden.at("cases").as_array()) {
    const auto model =
        test::image_classifier(folder, {.pooling = value_named<Pooling>(one.at("pooling").as_string()).value(),
                                        .outputs = one.at("outputs").as_int()});
    test::fill_head(model->parameters(), one.at("head"));
    add(*model, one.at("pooling").as_string(), model->forward(batch, {}),
        Json{{"expected", one.at("logits")}, {"pixels", "pixels.safetensors"}});
  }
  expect_agrees();
}

/// Networks that take images of any size.
class ConvolutionalGraphs : public ImageGraphs {};
INSTANTIATE_TEST_SUITE_P(Tiny, ConvolutionalGraphs,
                         testing::Values("resnet_basic", "resnet_bottleneck", "resnet_early", "efficientnet_lite"),
                         [](const auto& model) { return std::string(model.param); });

TEST_P(ConvolutionalGraphs, TakeImagesOfOtherSizes) {
  const auto model = test::image_classifier(test::image_folder(GetParam()));
  const at::NoGradGuard scoring;
  const Json odd = parse_json(R"({"size": [37, 51], "targets": [0, 0, 0]})", "sizes");  // padding is uneven
  const ImageBatch batch = test::golden_images(odd);
  checkpoint::write_tensors(directory_ / "pixels.safetensors", {{"pixels", batch.pixels}});
  add(*model, "odd", model->forward(batch, {}), Json{{"pixels", "pixels.safetensors"}});
  expect_agrees();
}

}  // namespace
}  // namespace rift::models
