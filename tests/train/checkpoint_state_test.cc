#include "rift/train/checkpoint_state.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/small_model.h"
#include "rift/base/files.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::train {
namespace {

using test::failure;
using test::seeded_tensor;
using test::TempDirectory;
using testing::HasSubstr;

CheckpointState state_at(int64_t step) {
  CheckpointState state;
  state.progressed.step = step;
  state.progressed.log_bytes = 10 * step;
  state.progressed.more_epochs = 0.1 + 0.2;
  state.progressed.worse_evaluations = 1;
  state.progressed.plateau = {.factor = 0.1 + 0.2, .best = 1.0 / 3, .worse = 2};  // doubles that no short decimal is
  state.progressed.best_evaluation = Json{{"step", step - 1}};
  state.progressed.evaluations.push_back(Json{{"step", step - 1}});
  state.progressed.last_step = Json{{"loss", 0.5}};
  state.parameters = {{"w", seeded_tensor("w", {3, 2})}, {"b", seeded_tensor("b", {2})}};
  for (const int64_t at : {step - 1, step - 2}) {
    state.best.push_back({.step = at,
                          .value = 0.7 / static_cast<double>(step),
                          .tensors = {{"w", seeded_tensor("best w", {3, 2})}, {"b", seeded_tensor("best b", {2})}}});
  }
  state.mean = {{"w", seeded_tensor("mean w", {3, 2})}};
  state.optimizer = {.steps = step, .first = {1, 2, 3}, .second = {4, 5, 6}};
  return state;
}

std::vector<std::string> names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

TEST(CheckpointFolder, GivesBackEveryBit) {
  const TempDirectory directory;
  const CheckpointFolder folder(directory / "checkpoints", "run");
  const CheckpointState written = state_at(7);
  folder.write(written, 2);
  const auto read = folder.read_newest();
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(read->progressed), to_json(written.progressed));
  EXPECT_EQ(read->optimizer.steps, 7);
  EXPECT_EQ(read->optimizer.first, written.optimizer.first);
  EXPECT_EQ(read->optimizer.second, written.optimizer.second);
  ASSERT_EQ(read->parameters.size(), 2u);
  ASSERT_EQ(read->best.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read->best[i].step, written.best[i].step);
    EXPECT_EQ(read->best[i].value, written.best[i].value);
    ASSERT_EQ(read->best[i].tensors.size(), 2u);
    for (const auto& [name, tensor] : written.best[i].tensors) {
      EXPECT_TRUE(at::equal(read->best[i].tensors.at(name), tensor));
    }
  }
  EXPECT_TRUE(at::equal(read->mean.at("w"), written.mean.at("w")));
  for (const auto& [name, tensor] : written.parameters) EXPECT_TRUE(at::equal(read->parameters.at(name), tensor));
}

TEST(CheckpointFolder, KeepsTheNewest) {
  const TempDirectory directory;
  const CheckpointFolder folder(directory / "checkpoints", "run");
  for (const int64_t step : {9, 10, 1'000'000, 11}) folder.write(state_at(step), 2);
  EXPECT_THAT(names(directory / "checkpoints"), testing::ElementsAre("step-000011", "step-1000000"));
  EXPECT_EQ(folder.read_newest()->progressed.step, 1'000'000);  // by number, not by letters
}

TEST(CheckpointFolder, KeepsTheNewestOfThoseUpToAStep) {
  const TempDirectory directory;
  const CheckpointFolder folder(directory / "checkpoints", "run");
  for (const int64_t step : {1, 2, 3, 4}) folder.write(state_at(step), 100);
  folder.keep_newest(2, 3);  // 4 may be a damaged one
  EXPECT_THAT(names(directory / "checkpoints"), testing::ElementsAre("step-000002", "step-000003", "step-000004"));
}

TEST(CheckpointFolder, NothingToGoOnFromIsNoError) {
  const TempDirectory directory;
  EXPECT_FALSE(CheckpointFolder(directory / "checkpoints", "run").read_newest());
  directory.folder("checkpoints/.step-000004.tmp-1-1");
  directory.folder("checkpoints/step-");
  directory.folder("checkpoints/step-12a");
  EXPECT_FALSE(CheckpointFolder(directory / "checkpoints", "run").read_newest());
}

TEST(CheckpointFolder, DamagedOnesArePassedOver) {
  for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "best-0.safetensors",
                           "best-1.safetensors", "mean.safetensors", "state.json"}) {
    const TempDirectory directory;
    const CheckpointFolder folder(directory / "checkpoints", "run");
    folder.write(state_at(1), 2);
    const std::filesystem::path newest = folder.write(state_at(2), 2);
    std::string bytes = read_file(newest / file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    if (std::string(file) == "state.json") bytes.resize(bytes.size() / 2);
    write_file_atomic(newest / file, bytes);
    ASSERT_TRUE(folder.read_newest()) << file;
    EXPECT_EQ(folder.read_newest()->progressed.step, 1) << file;
  }
}

TEST(CheckpointFolder, WhenAllAreDamagedItSaysSo) {
  const TempDirectory directory;
  const CheckpointFolder folder(directory / "checkpoints", "run");
  std::filesystem::remove(folder.write(state_at(1), 2) / "parameters.safetensors");
  EXPECT_THAT(failure([&] { folder.read_newest(); }), HasSubstr("every checkpoint is damaged"));
}

TEST(CheckpointFolder, AnotherMachinesCheckpointIsTakenWithAWarning) {
  const TempDirectory directory;
  CheckpointFolder(directory / "checkpoints", "run", "2 threads").write(state_at(1), 2);
  const auto said = [&](const std::string& machine) {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(CheckpointFolder(directory / "checkpoints", "run", machine).read_newest());
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said("2 threads"), "");
  EXPECT_THAT(said("1 threads"), testing::AllOf(HasSubstr("warning"), HasSubstr("then=2 threads"), HasSubstr("now=1")));
}

TEST(CheckpointFolder, AnotherRunsCheckpointIsRefused) {
  const TempDirectory directory;
  CheckpointFolder(directory / "checkpoints", "one run").write(state_at(1), 2);
  const std::string message = failure([&] { CheckpointFolder(directory / "checkpoints", "another").read_newest(); });
  EXPECT_THAT(message, testing::StartsWith("configuration: "));
  EXPECT_THAT(message, HasSubstr(R"(belongs to another run (everything: "one run" then, "another" now))"));
}

TEST(CheckpointFolder, WhatDiffersOfAnotherRunIsNamed) {
  const TempDirectory directory;
  const auto run = [](double lr, const std::string& rows) {
    return Json{{"settings", Json{{"optim", Json{{"lr", lr}}}}}, {"rows", rows}};
  };
  const std::string rows(64, 'a'), others(64, 'b');
  CheckpointFolder(directory / "checkpoints", run(0.1, rows)).write(state_at(1), 2);
  EXPECT_TRUE(CheckpointFolder(directory / "checkpoints", run(0.1, rows)).read_newest());
  EXPECT_THAT(failure([&] { CheckpointFolder(directory / "checkpoints", run(0.2, others)).read_newest(); }),
              HasSubstr("another run (settings.optim.lr: 0.1 then, 0.2 now; rows: changed)"));
}

TEST(CheckpointFolder, RemovesWhatAKilledProcessLeftHalfWritten) {
  const TempDirectory directory;
  CheckpointFolder(directory / "checkpoints", "run").write(state_at(1), 2);
  directory.folder("checkpoints/.step-000002.tmp-1-1");
  directory.write("checkpoints/.step-000002.tmp-1-1/parameters.safetensors", "half");
  const CheckpointFolder folder(directory / "checkpoints", "run");
  EXPECT_THAT(names(directory / "checkpoints"), testing::ElementsAre("step-000001"));
  EXPECT_EQ(folder.read_newest()->progressed.step, 1);
}

}  // namespace
}  // namespace rift::train
