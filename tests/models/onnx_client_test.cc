#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/golden_case.h"
#include "models/tiny_encoders.h"
#include "models/vision/tiny_images.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/models/onnx/graph.h"
#include "support/client.h"
#include "support/temp_directory.h"

// Every architecture as an ONNX graph beside transformers and beside rift: clients/onnx_graphs.py.
namespace rift::models {
namespace {

using test::golden_in;

class OnnxGraphs : public testing::TestWithParam<const char*> {
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

using TextGraphs = OnnxGraphs;
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

using ImageGraphs = OnnxGraphs;
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

TEST_P(ImageGraphs, TakeImagesOfOtherSizesWhereTheModelDoes) {
  const auto model = test::image_classifier(test::image_folder(GetParam()));
  if (model->encoder().sizes().image_size > 0) GTEST_SKIP() << "images of this model have its own size";
  const at::NoGradGuard scoring;
  const Json odd = parse_json(R"({"size": [37, 51], "targets": [0, 0, 0]})", "sizes");  // padding is uneven
  const ImageBatch batch = test::golden_images(odd);
  checkpoint::write_tensors(directory_ / "pixels.safetensors", {{"pixels", batch.pixels}});
  add(*model, "odd", model->forward(batch, {}), Json{{"pixels", "pixels.safetensors"}});
  expect_agrees();
}

}  // namespace
}  // namespace rift::models
