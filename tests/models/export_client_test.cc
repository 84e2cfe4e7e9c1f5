#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/checkpoint/model_directory.h"
#include "support/client.h"
#include "support/temp_directory.h"

// transformers loads what rift writes of every architecture: clients/load_exports.py.
namespace rift::models {
namespace {

class Exports : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }
};

INSTANTIATE_TEST_SUITE_P(Tiny, Exports, testing::ValuesIn(test::kTinyEncoders),
                         [](const auto& encoder) { return std::string(encoder.param); });
INSTANTIATE_TEST_SUITE_P(TinyDecoder, Exports, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

Json integers(const at::Tensor& values, const tensor::PackedBatch& batch) {
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

TEST_P(Exports, AreLoadedByTransformersWithEqualLogits) {
  const std::string folder = test::tiny_folder(GetParam());
  const tensor::PackedBatch batch = test::golden_batch(test::golden_in(folder));
  const checkpoint::ModelLayout layout = test::layout_of(checkpoint::open_hf_directory(folder).config);
  const test::TempDirectory directory;
  directory.write("rows.json", to_json_text(Json{{"ids", integers(batch.ids, batch)},
                                                 {"type_ids", integers(batch.type_ids, batch)},
                                                 {"language_class", layout.language_class}}));
  const at::NoGradGuard scoring;
  const bool is_decoder = layout.head_pooling == "last";
  const std::vector<Pooling> poolings = is_decoder ? std::vector{Pooling::kLast, Pooling::kMean}
                                                   : std::vector{Pooling::kPooler, Pooling::kCls, Pooling::kMean};
  for (const Pooling pooling : poolings) {
    const auto model = test::classifier_in(folder, {.pooling = pooling});
    checkpoint::ModelDirectorySpec spec;
    spec.base = checkpoint::open_hf_directory(folder);
    spec.layout = layout;
    spec.tensors = model->merged_tensors();
    spec.pooling = name_of(pooling);
    spec.labels = {"bad"};
    if (is_decoder) spec.padding = checkpoint::PaddingToken{0, "<pad>"};
    checkpoint::write_model_directory(directory.folder(spec.pooling), spec);
    checkpoint::write_tensors(directory / (spec.pooling + ".safetensors"), {{"logits", model->forward(batch, {})}});
  }
  const auto run = test::run_client("tests/models/clients/load_exports.py", {directory.path()});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_NE(run.output.find("all checks hold"), std::string::npos) << run.output;
}

}  // namespace
}  // namespace rift::models
