#include "rift/train/speed.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "package/small_dataset.h"
#include "rift/base/files.h"
#include "rift/package/text_model.h"

namespace rift::train {
namespace {

using test::TempDirectory;

/// Whether a pass of training gives other logits than scoring does.
bool drops(const std::filesystem::path& directory) {
  const package::TextModel text = package::load_text_model({.directory = directory});
  tensor::TokenRows rows;
  for (uint64_t row = 0; row < 8; ++row) rows.add_row(std::vector<int32_t>{2, 5, 6, 7, 3}, row);
  const tensor::PackedBatch batch = tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
  // One implementation for both, so that nothing but dropout tells them apart.
  const nn::ForwardContext training{.training = true, .seed = 3, .execution = nn::Execution::kPlain};
  const nn::ForwardContext scoring{.execution = nn::Execution::kPlain};
  return !at::equal(text.model->forward(batch, training), text.model->forward(batch, scoring));
}

TEST(WithoutDropout, EveryArchitectureTrainsAsItScores) {
  std::vector<std::string> names(std::begin(test::kTinyEncoders), std::end(test::kTinyEncoders));
  names.insert(names.end(), std::begin(test::kTinyDecoders), std::end(test::kTinyDecoders));
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const TempDirectory folder;
    const auto backbone = test::encoder_backbone(folder, name);
    EXPECT_TRUE(drops(backbone));
    write_without_dropout(backbone, folder / "without");
    EXPECT_FALSE(drops(folder / "without"));
  }
}

TEST(WithoutDropout, DefaultsOfAbsentKeysAreDropoutsToo) {
  const TempDirectory folder;
  const auto backbone = test::small_backbone(folder);
  Json config = test::small_config();
  config.erase("hidden_dropout_prob");
  config.erase("attention_probs_dropout_prob");
  folder.write("base/config.json", to_json_text(config));
  EXPECT_TRUE(drops(backbone));
  write_without_dropout(backbone, folder / "without");
  EXPECT_FALSE(drops(folder / "without"));
}

}  // namespace
}  // namespace rift::train
