#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/golden_case.h"
#include "models/tiny_encoders.h"
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
  void add(const Model& model, const Json& golden_case, const at::Tensor& logits, Json known) {
    OnnxGraph graph;
    const std::string described = model.describe(graph);
    graph.output("logits", described, OnnxGraph::Type::kF32, {"rows", model.outputs()});
    const std::string file = fmt::format("{}_{}.onnx", GetParam(), golden_case.at("pooling").as_string());
    checkpoint::format::OnnxModel made = graph.take();
    made.graph_name = file;
    checkpoint::format::write_onnx(directory_ / file, made);
    known["file"] = file;
    known["expected"] = golden_case.at("logits");
    known["ours"] = rows_of(logits);
    cases_.push_back(std::move(known));
  }

  void expect_agrees() {
    directory_.write("cases.json", to_json_text(cases_));
    const auto run = test::run_client("tests/models/clients/onnx_graphs.py", {directory_.path()});
    EXPECT_EQ(run.status, 0) << run.output;
    EXPECT_THAT(run.output, testing::HasSubstr("all checks hold"));
  }

  static Json rows_of(const at::Tensor& logits) {
    Json rows = Json::array();
    for (int64_t row = 0; row < logits.size(0); ++row) {
      Json values = Json::array();
      for (int64_t c = 0; c < logits.size(1); ++c) values.push_back(logits[row][c].item<double>());
      rows.push_back(std::move(values));
    }
    return rows;
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
    add(*model, one, model->forward(batch, {}),
        Json{{"rows", lists(batch.ids, batch)},
             {"types", lists(batch.type_ids, batch)},
             {"vocabulary", model->encoder().sizes().vocab_size}});
  }
  expect_agrees();
}

}  // namespace
}  // namespace rift::models
