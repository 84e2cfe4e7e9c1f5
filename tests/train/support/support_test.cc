#include "rift/train/support/support.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "rift/base/files.h"
#include "rift/base/options.h"
#include "rift/checkpoint/gguf/write.h"
#include "rift/checkpoint/load_model.h"
#include "rift/checkpoint/model_directory.h"
#include "rift/checkpoint/peft_directory.h"
#include "rift/models/onnx/graph.h"
#include "rift/train/support/samples.h"
#include "rift/train/support/trials.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"
#include "support/temp_directory.h"
#include "tuning/one_step.h"

// What the matrix says is done here in earnest: every combination that it allows takes a step and is written to files
// that are read again, every one that it forbids gives the error that it shows.
namespace rift::train {
namespace {

namespace fs = std::filesystem;
using models::Architecture;
using models::ImageArchitecture;
using models::Pooling;
using Answer = SupportCell::Answer;

const SupportMatrix& matrix() {
  static const SupportMatrix kMatrix = support_matrix();
  return kMatrix;
}

/// Does what a cell speaks of: nothing may be thrown where it says yes, exactly its refusal where it says no.
template <class Action>
void expect_as_said(const SupportCell& cell, const Names& names, Action&& action) {
  std::string expected = "nothing";
  if (cell.answer == Answer::kNo) {
    const Refusal& refusal = matrix().refusals.at(cell.refusal - 1);
    expected = std::string(code_info(refusal.code).name) + ": " + refusal.message;
  }
  const std::string said = test::failure(action);
  if (said == expected) return;
  // Another model's message under this one's name: what is left without names has to be the same.
  std::set<std::string> known;
  for (const Architecture* other : models::architectures()) known.insert(without_names(expected, names_of(*other)));
  for (const ImageArchitecture* other : models::image_architectures())
    known.insert(without_names(expected, names_of(*other)));
  EXPECT_TRUE(cell.answer == Answer::kNo && known.contains(without_names(said, names))) << said << "\ninstead of\n"
                                                                                        << expected;
}

tensor::PackedBatch token_batch() {
  tensor::TokenRows rows;
  for (uint64_t row = 0; row < 3; ++row) {
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < 4 + 3 * static_cast<int32_t>(row); ++i)
      ids.push_back(3 + (11 * i + static_cast<int32_t>(row)) % 60);
    rows.add_row(ids, row);
  }
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

models::ImageBatch image_batch() {
  constexpr int64_t kRows = 4, kPixels = 32;
  const at::Tensor waves = at::arange(kRows * 3 * kPixels * kPixels, at::kFloat).pow(1.1).mul(0.7).sin();
  return {.pixels = waves.view({kRows, 3, kPixels, kPixels}), .row_keys = {0, 1, 2, 3}};
}

/// Tunes for two steps (LoRA's A moves from the second on) and expects that the logits are numbers and change.
template <class Model, class Batch>
void tune(const tuning::TuningOptions& options, Model& model, const Batch& batch) {
  tuning::apply(options, model, 1);
  const auto logits = [&] {
    const at::NoGradGuard scoring;
    return model.forward(batch, {});
  };
  const at::Tensor before = logits();
  for (int step = 0; step < 2; ++step) test::step(model, batch, 0.01);
  const at::Tensor after = logits();
  EXPECT_TRUE(after.isfinite().all().template item<bool>());
  EXPECT_FALSE(at::equal(before, after));
}

class SupportOf : public testing::TestWithParam<const Architecture*> {
 protected:
  std::string name() const { return std::string(GetParam()->model_type); }
  const SupportCell& cell(std::string_view table, std::string_view column) const {
    return matrix().table(table).at(name(), column);
  }
};

INSTANTIATE_TEST_SUITE_P(Texts, SupportOf, testing::ValuesIn(models::architectures()), [](const auto& info) {
  std::string name(info.param->model_type);
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST_P(SupportOf, EveryMethodWithEveryPoolingTrainsOrIsRefusedAsSaid) {
  for (const auto& pooling : enum_names(Pooling{})) {
    if (pooling.value == Pooling::kAutomatic) continue;
    SCOPED_TRACE(pooling.name);
    const SupportCell& reads = cell("poolings", pooling.name);
    if (reads.answer == Answer::kNo) {
      expect_as_said(reads, {}, [&] { sample_model(*GetParam(), {.pooling = pooling.value}); });
      continue;
    }
    for (const tuning::TuningOptions& options : every_tuning()) {
      SCOPED_TRACE(options.method_name());
      expect_as_said(cell("tuning", options.method_name()), {},
                     [&] { tune(options, *sample_model(*GetParam(), {.pooling = pooling.value}), token_batch()); });
    }
  }
}

TEST_P(SupportOf, EveryMethodBesideAStoredBase) {
  for (const tuning::TuningOptions& options : every_tuning()) {
    SCOPED_TRACE(options.method_name());
    expect_as_said(cell("stored", options.method_name()), {}, [&] {
      tune(options, *sample_model(*GetParam(), {.stored = sample_stored(*GetParam(), options)}), token_batch());
    });
  }
}

/// Writes a model of the architecture's example as `rift train` would.
checkpoint::ModelLayout write_model(const Architecture& architecture, const models::TextClassifier& model,
                                    const fs::path& directory) {
  checkpoint::ModelDirectorySpec spec;
  spec.base.config = example_config(architecture);
  spec.layout = models::describe_text_model(spec.base.config, "config.json").layout;
  spec.tensors = model.merged_tensors();
  spec.pooling = name_of(model.pooling());
  spec.labels = {"bad"};
  if (model.pooling() == Pooling::kLast) spec.padding = checkpoint::PaddingToken{.id = 0, .text = "<pad>"};
  checkpoint::write_model_directory(directory, spec);
  return spec.layout;
}

TEST_P(SupportOf, HfIsReadBackWithEqualTensors) {
  ASSERT_EQ(cell("export", "hf").answer, Answer::kYes);
  for (const Pooling pooling : {value_named<Pooling>(matrix().table("poolings").at(name(), "automatic").text).value(),
                                Pooling::kMean, Pooling::kLast}) {
    const auto model = sample_model(*GetParam(), {.pooling = pooling});
    const test::TempDirectory out;
    const checkpoint::ModelLayout layout = write_model(*GetParam(), *model, out.path());
    const auto loaded = checkpoint::load_model(checkpoint::open_hf_directory(out.path()), layout, {.num_labels = 1});
    const tensor::TensorMap read = loaded.tensors.read_all();
    for (const auto& [name, tensor] : model->merged_tensors()) EXPECT_TRUE(at::equal(read.at(name), tensor.read()));
  }
}

TEST_P(SupportOf, PeftIsReadBackAsItWas) {
  ASSERT_EQ(cell("export", "peft").answer, Answer::kYes);
  const auto model = sample_model(*GetParam());
  const tuning::LoraOptions lora{.rank = 2};
  tune({.method = lora}, *model, token_batch());
  const checkpoint::PeftAdapter adapter = tuning::adapter_of(*model, lora);
  const auto layout = models::describe_text_model(example_config(*GetParam()), "config.json").layout;
  const test::TempDirectory out;
  checkpoint::write_peft_directory(out.path(), adapter, layout);
  EXPECT_EQ(checkpoint::read_peft_directory(out.path(), layout).pairs.size(), adapter.pairs.size());
}

TEST_P(SupportOf, OnnxOfEveryPoolingIsWrittenOrRefusedAsSaid) {
  for (const auto& pooling : enum_names(Pooling{})) {
    if (pooling.value == Pooling::kAutomatic || cell("poolings", pooling.name).answer == Answer::kNo) continue;
    SCOPED_TRACE(pooling.name);
    expect_as_said(cell("export", "onnx"), names_of(*GetParam()), [&] {
      const auto model = sample_model(*GetParam(), {.pooling = pooling.value});
      models::OnnxGraph graph;
      graph.output("logits", model->describe(graph), models::OnnxGraph::Type::kF32, {"rows", int64_t{1}});
      const test::TempDirectory out;
      checkpoint::format::write_onnx(out / "model.onnx", graph.take());
      EXPECT_GT(fs::file_size(out / "model.onnx"), 1000U);
    });
  }
}

TEST_P(SupportOf, GgufIsOpenedAgainAsTheSameModelOrRefusedAsSaid) {
  const auto model = sample_model(*GetParam());
  const test::TempDirectory out;
  fs::create_directory(out / "hf");
  write_model(*GetParam(), *model, out / "hf");
  const Json config = example_config(*GetParam());  // as the model had it before it was a classifier's
  write_file_atomic(out / "hf/config.json", to_json_text(config));
  const auto layout = models::describe_text_model(config, "config.json").layout;
  tensor::TensorMap head = sample_tensors(layout);
  std::erase_if(head, [&](const auto& tensor) {
    return std::ranges::find(layout.language_head, tensor.first, &checkpoint::NamedShape::name) ==
           layout.language_head.end();
  });
  checkpoint::write_tensors(out / "head.safetensors", head);
  expect_as_said(cell("export", "gguf"), names_of(*GetParam()), [&] {
    auto directory = checkpoint::open_hf_directory(out / "hf");
    directory.encoder = out / "hf";
    try {
      checkpoint::write_gguf_model(out / "model.gguf", directory,
                                   {.complete = models::complete_settings, .language_head = out / "head.safetensors"});
    } catch (const Error& error) {  // the matrix names config.json without the folder
      std::string message = error.message();
      const std::string folder = (out / "hf").string() + "/";
      if (message.starts_with(folder)) message.erase(0, folder.size());
      throw Error(error.code(), message);
    }
    const auto read = checkpoint::open_hf_directory(out / "model.gguf");
    const auto description = models::describe_text_model(read.config, "model.gguf");
    const auto loaded = checkpoint::load_model(read, description.layout, {});
    EXPECT_EQ(loaded.tensors.size(), description.layout.encoder.size());
    EXPECT_EQ(matrix().table("loading").at(name(), ".gguf").answer, Answer::kYes);
  });
}

class SupportOfImages : public testing::TestWithParam<const ImageArchitecture*> {};

INSTANTIATE_TEST_SUITE_P(Images, SupportOfImages, testing::ValuesIn(models::image_architectures()),
                         [](const auto& info) { return std::string(info.param->model_type); });

TEST_P(SupportOfImages, EveryMethodWithEveryPoolingTrainsOrIsRefusedAsSaid) {
  const std::string name(GetParam()->model_type);
  for (const auto& pooling : enum_names(Pooling{})) {
    if (pooling.value == Pooling::kAutomatic) continue;
    SCOPED_TRACE(pooling.name);
    const SupportCell& reads = matrix().table("poolings").at(name, pooling.name);
    if (reads.answer == Answer::kNo) {
      expect_as_said(reads, names_of(*GetParam()), [&] { sample_model(*GetParam(), pooling.value); });
      continue;
    }
    for (const nn::BatchNormMode mode : {nn::BatchNormMode::kFrozen, nn::BatchNormMode::kTuned}) {
      const bool tuned = mode == nn::BatchNormMode::kTuned;
      if (tuned && !sample_model(*GetParam())->encoder().has_batch_norm()) continue;
      for (const tuning::TuningOptions& options : every_tuning()) {
        SCOPED_TRACE(options.method_name());
        const std::string row = name + (tuned ? ", batch_norm: tuned" : "");
        expect_as_said(matrix().table("tuning").at(row, options.method_name()), {},
                       [&] { tune(options, *sample_model(*GetParam(), pooling.value, mode), image_batch()); });
      }
    }
  }
}

/// model_type of the fixtures that transformers (of EfficientNet-lite its package) made.
std::set<std::string> types_of_fixtures() {
  std::set<std::string> types;
  for (const auto& entry : fs::directory_iterator("tests/models/fixtures")) {
    if (!fs::exists(entry.path() / "config.json")) continue;
    types.insert(read_json(entry.path() / "config.json").at("model_type").as_string());
  }
  return types;
}

TEST(Support, NamesTheArchitecturesThatAreHeldToTheirOriginals) {
  std::set<std::string> rows;
  for (const SupportTable::Row& row : matrix().table("export").rows) rows.insert(row.name);
  EXPECT_EQ(rows, types_of_fixtures());
}

TEST(Support, EveryRefusalIsReferredToAndSaysWhatToDo) {
  std::set<size_t> referred;
  for (const SupportTable& table : matrix().tables) {
    const bool tells_refusals = table.key != "execution" && table.key != "fused";  // those say how, not whether
    for (const SupportTable::Row& row : table.rows) {
      ASSERT_EQ(row.cells.size(), table.columns.size()) << table.key << " " << row.name;
      for (const SupportCell& cell : row.cells) {
        if (cell.refusal != 0) referred.insert(cell.refusal);
        EXPECT_TRUE(cell.answer != Answer::kNo || cell.refusal != 0 || !tells_refusals) << row.name;
      }
    }
  }
  EXPECT_EQ(referred.size(), matrix().refusals.size());
  const std::regex next_step(
      "\\b(set|leave|leaves|take|tune|choose|remove|save|hand|export|put|name|merge|expected|there are|holds it|to be "
      "read|say|keeps them|explain themselves)\\b");
  for (const Refusal& refusal : matrix().refusals) {
    EXPECT_TRUE(std::regex_search(refusal.message, next_step)) << refusal.message;
  }
  for (const SupportTable::Row& row : matrix().table("settings").rows)
    EXPECT_EQ(row.cells.front().answer, Answer::kNo) << row.name;
}

TEST(Support, LoraIsFusedUpToTheRankThatTheEngineHasRoomFor) {
  const SupportTable& table = matrix().table("fused");
  const auto answer = [&](std::string_view column) {
    const auto found = std::ranges::find(table.columns, column);
    EXPECT_NE(found, table.columns.end()) << column;
    return table.rows.front().cells.at(static_cast<size_t>(found - table.columns.begin())).answer;
  };
  EXPECT_EQ(answer("lora"), Answer::kYes);
  EXPECT_EQ(answer("lora (rank > 32)"), Answer::kNo);
}

TEST(Support, IsTheSameEveryTime) { EXPECT_EQ(to_json(support_matrix()), to_json(matrix())); }

TEST(Support, ARefusalMetUnderAnotherNameHasOneNumber) {
  Trials trials;
  const auto refuse = [&](const std::string& who) {
    return trials.of([&] { RIFT_FAIL(Code::kUnsupported, "{}: not for {}", "config.json", who); }, {who}).refusal;
  };
  EXPECT_EQ(refuse("a BERT"), 1U);
  EXPECT_EQ(refuse("a ViT"), 1U);
  EXPECT_EQ(trials.of([] { RIFT_FAIL(Code::kConfig, "other"); }).refusal, 2U);
  EXPECT_EQ(trials.of([] {}).answer, Answer::kYes);
  EXPECT_THROW(trials.of([] { RIFT_FAIL(Code::kBug, "ours"); }), Error);
  const std::vector<Refusal> found = trials.take();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.front().message, "config.json: not for a BERT");
}

}  // namespace
}  // namespace rift::train
