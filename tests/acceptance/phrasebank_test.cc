#include "support/phrasebank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "cli/program.h"
#include "rift/base/files.h"
#include "rift/base/json.h"

// Financial PhraseBank (all annotators agree), three classes, fold 0 of five: means over three seeds of `rift train`.
// Reference figures (transformers, PyTorch, the same rows and the same settings): full .960 accuracy and .944 macro F1,
// top two layers .949, LoRA .941.
namespace rift::test {
namespace {

namespace fs = std::filesystem;

struct Figures {
  double accuracy = 0.0;
  double macro_f1 = 0.0;
};

class PhraseBank : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path sentences = phrasebank_file();
    RIFT_SKIP_WITHOUT(sentences);
    RIFT_SKIP_WITHOUT_MINILM();
    write_plainly(folder_ / "sentences.tsv", tab_separated(utf8_of_latin1(read_file(sentences))));
    fs::copy_file("examples/phrasebank/run.yaml", folder_ / "run.yaml");
  }

  /// metrics.json of one run.
  Json metrics_of(int seed, const std::vector<std::string>& settings) {
    const fs::path out = folder_ / ("seed-" + std::to_string(seed));
    std::vector<std::string> arguments = {
        "train",      (folder_ / "run.yaml").string(), "--out", out.string(), "--seed", std::to_string(seed), "--quiet",
        "--overwrite"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    const ProgramRun run = run_program(arguments);
    EXPECT_EQ(run.status, 0) << run.err;
    if (run.status != 0) return Json();
    return parse_json(read_file(out / "metrics.json"), "metrics.json");
  }

  /// Mean over the seeds 1, 2, 3.
  Figures trained(const std::vector<std::string>& settings) {
    constexpr int kSeeds = 3;
    Figures mean;
    for (int seed = 1; seed <= kSeeds; ++seed) {
      const Json metrics = metrics_of(seed, settings);
      if (metrics.is_null()) return {};
      const Json test = metrics.at("test");
      EXPECT_EQ(test.at("rows").as_int(), 454);
      const Figures one{test.at("accuracy").at("value").as_double(), test.at("macro_f1").at("value").as_double()};
      std::printf("seed %d: accuracy %.4f, macro F1 %.4f\n", seed, one.accuracy, one.macro_f1);
      mean.accuracy += one.accuracy / kSeeds;
      mean.macro_f1 += one.macro_f1 / kSeeds;
    }
    std::printf("mean: accuracy %.4f, macro F1 %.4f\n", mean.accuracy, mean.macro_f1);
    return mean;
  }

  TempDirectory folder_;
};

TEST_F(PhraseBank, FullTuning) {
  const Figures figures = trained({});
  EXPECT_GE(figures.accuracy, 0.947);
  EXPECT_GE(figures.macro_f1, 0.925);
}

TEST_F(PhraseBank, TenSeedsInBf16AreNoWorseThanInF32ByAPoint) {
  constexpr int kSeeds = 10;
  constexpr double kStudent = 2.262;  // 97.5 % quantile with 9 degrees of freedom
  std::vector<double> differences;
  const auto accuracy = [&](int seed, const char* precision) {
    const Json metrics = metrics_of(seed, {std::string("train.precision=") + precision});
    return metrics.is_null() ? 0.0 : metrics.at("test").at("accuracy").at("value").as_double();
  };
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const double f32 = accuracy(seed, "f32"), bf16 = accuracy(seed, "bf16");
    std::printf("seed %d: held-out accuracy in f32 %.4f, in bf16 %.4f\n", seed, f32, bf16);
    differences.push_back(bf16 - f32);
  }
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / kSeeds;
  double squares = 0;
  for (const double difference : differences) squares += (difference - mean) * (difference - mean);
  const double lowest = mean - kStudent * std::sqrt(squares / (kSeeds - 1) / kSeeds);
  std::printf("difference: mean %+.4f, lower 95 %% bound %+.4f\n", mean, lowest);
  EXPECT_GT(lowest, -0.01);
}

TEST_F(PhraseBank, TheTopTwoLayers) {
  EXPECT_GE(trained({"tuning={method: top_k, layers: 2}", "optim.lr=2e-4"}).accuracy, 0.935);
}

TEST_F(PhraseBank, Lora) {
  EXPECT_GE(trained({"tuning={method: lora}", "optim.lr=1e-3", "optim.epochs=4"}).accuracy, 0.93);
}

TEST_F(PhraseBank, TheHeadAlone) {
  EXPECT_GE(trained({"tuning={method: head}", "optim.lr=1e-2", "optim.head_lr=1e-2", "optim.epochs=40",
                     "optim.weight_decay=0"})
                .accuracy,
            0.893);
}

}  // namespace
}  // namespace rift::test
