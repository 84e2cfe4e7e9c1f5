#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>

#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/study/pretrain_run.h"
#include "study/every_option_check.h"
#include "study/pretrain_option_table.h"
#include "train/small_options.h"

// As every_option_test.cc, of rift pretrain's run.yaml.
namespace rift::study {
namespace {

namespace fs = std::filesystem;
using test::OptionCase;
using test::Result;

class Documents {
 public:
  Documents() {
    folder_.write("documents.csv", table(0, 90));
    folder_.write("other.csv", table(30, 60));
    folder_.write("other/documents.csv", table(10, 70));
    const auto keep = [&](const std::string& name) { fs::rename(folder_ / "base", folder_ / name); };
    test::language_backbone(folder_);
    keep("language");
    test::language_backbone(folder_);
    checkpoint::TensorMap others = checkpoint::read_tensors(folder_ / "base/model.safetensors");
    for (auto& [name, tensor] : test::small_tensors(1)) others[name] = tensor;
    checkpoint::write_tensors(folder_ / "base/model.safetensors", others);
    keep("again");
    folder_.write("bert.json", bert(16));
    folder_.write("wider.json", bert(32));
    folder_.write("gpt2.json", R"({"model_type": "gpt2", "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 24})");
    folder_.write("run.yaml", R"(data: {source: documents.csv, text: [title]}
model: {text: {config: bert.json, max_tokens: 16}}
tokenizer: {train: {kind: bert, vocab_size: 90}}
pretrain: {held_out: 0.2}
optim: {name: adamw, lr: 5.0e-3, batch_rows: 16, epochs: 2}
train: {early_stopping: {patience: 0}, checkpoint_every_steps: 4}
)");
  }
  const test::TempDirectory& folder() const { return folder_; }

 private:
  static std::string bert(int width) {
    return fmt::format(
        R"({{"model_type": "bert", "hidden_size": {}, "num_hidden_layers": 1, "num_attention_heads": 2,
             "intermediate_size": 24, "max_position_embeddings": 24}})",
        width);
  }
  /// Words in both cases, with accents and ideographs, so that every rule of a tokenizer has something to say.
  static std::string table(int64_t first, int64_t rows) {
    const char* kWords[] = {"Loan", "loans", "caf\u00e9", "\u8d37\u6b3e", "paid", "lately", "LATE", "customer"};
    std::string csv = "title,body\n";
    for (int64_t row = first; row < first + rows; ++row) {
      const CounterRandom random(11, static_cast<uint64_t>(row));
      for (const bool is_title : {true, false}) {
        for (uint64_t word = 0; word < 3 + random.below(is_title ? 100 : 101, 14); ++word) {
          csv += std::string(kWords[random.below((is_title ? 0 : 40) + word, 8)]) + " ";
        }
        csv += "no" + std::to_string(1000 + row % 40) + (is_title ? "," : "\n");  // rare: it stays in pieces
      }
    }
    return csv;
  }
  test::TempDirectory folder_;
};

class EveryPretrainOption : public testing::TestWithParam<OptionCase> {
 protected:
  static void SetUpTestSuite() {
    set_progress_style(ProgressStyle::kSilent);
    set_log(LogLevel::kError, LogStyle::kText);
    set_threads(1);
    documents_ = std::make_unique<Documents>();
  }
  static void TearDownTestSuite() { documents_.reset(); }

  Result run(const std::vector<std::string>& sets) const {
    const test::TempDirectory& folder = documents_->folder();
    for (const char* place : {"run", "mlruns", "elsewhere"}) fs::remove_all(folder / place);
    const fs::path file = folder / "run.yaml";
    run_pretrain({.options = read_pretrain_run(file, sets), .run_file = file, .directory = folder / "run"});
    Result result = test::result_in(folder / "run");
    for (const char* place : {"mlruns", "elsewhere"}) test::add_store(folder / place, place, result);
    return result;
  }

  static std::unique_ptr<Documents> documents_;
  static test::OptionCheck check_;
};
std::unique_ptr<Documents> EveryPretrainOption::documents_;
test::OptionCheck EveryPretrainOption::check_;

TEST_P(EveryPretrainOption, SetToAnotherValueShows) {
  check_.expect_shows(GetParam(), "pretrain", [this](const std::vector<std::string>& sets) { return run(sets); });
}

std::string case_name(const testing::TestParamInfo<OptionCase>& info) { return test::case_name(info.param); }

INSTANTIATE_TEST_SUITE_P(, EveryPretrainOption, testing::ValuesIn(test::pretrain_option_cases()), case_name);

}  // namespace
}  // namespace rift::study
