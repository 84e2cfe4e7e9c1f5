#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "rift/base/files.h"
#include "rift/data/split.h"
#include "rift/metrics/classification.h"
#include "rift/train/fine_tune.h"
#include "support/outside_data.h"

// Financial PhraseBank (AllAgree), fold 0 of folds(y, 5, 1), on the packaged MiniLM: three classes, 2,264 sentences.
// Reference figures (transformers, PyTorch, the same rows): full .960 / .944, top two layers .949 / .926, LoRA .941 /
// .924.
namespace rift::train {
namespace {

namespace fs = std::filesystem;

std::string utf8_of_latin1(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

data::Dataset phrasebank(const fs::path& file) {
  data::Dataset dataset;
  dataset.schema.task = data::Task::kMulticlass;
  dataset.schema.class_names = {"negative", "neutral", "positive"};
  dataset.schema.fields = {{.name = "sentence", .kind = data::Kind::kText, .role = data::Role::kFeature},
                           {.name = "sentiment", .kind = data::Kind::kCategory, .role = data::Role::kLabel}};
  data::Texts texts;
  const std::string bytes = read_file(file);
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view line = std::string_view(bytes).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin = end + 1;
    if (line.empty()) continue;
    const size_t at = line.rfind('@');
    const auto name = std::ranges::find(dataset.schema.class_names, line.substr(at + 1));
    texts.append(utf8_of_latin1(line.substr(0, at)));
    dataset.label.push_back(static_cast<double>(name - dataset.schema.class_names.begin()));
    dataset.table.source_row.push_back(dataset.table.rows++);
  }
  dataset.table.columns.push_back({"sentence", std::move(texts)});
  return dataset;
}

struct Figures {
  double accuracy = 0;
  double macro_f1 = 0;
};

class PhraseBank : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path file = test::real_data("financial_phrasebank/Sentences_AllAgree.txt");
    RIFT_SKIP_WITHOUT(file);
    RIFT_SKIP_WITHOUT_MINILM();
    dataset_ = phrasebank(file);
    ASSERT_EQ(dataset_.rows(), 2264);
    std::vector<uint64_t> ids;
    for (int64_t row = 0; row < dataset_.rows(); ++row) ids.push_back(static_cast<uint64_t>(row));
    const std::vector<int32_t> folds = data::folds(ids, dataset_.label, 5, 1);
    for (int64_t row = 0; row < dataset_.rows(); ++row) {
      (folds[static_cast<size_t>(row)] == 0 ? test_ : train_).push_back(row);
    }
    ASSERT_EQ(test_.size(), 454u);
    options_.text.max_tokens = 128;
    options_.text.pooling = models::Pooling::kMean;
    options_.optim = {.name = optim::AdamWOptions{}, .lr = 1e-4, .head_lr = 1e-3, .weight_decay = 0.01};
    if (const char* seed = ::getenv("RIFT_SEED")) options_.train.seed = std::atoll(seed);
  }

  Figures tuned() {
    const FineTuned tuned = fine_tune({.dataset = dataset_, .train = train_, .validation = {}, .options = options_});
    const data::Table rows = data::take(dataset_.table, test_);
    const auto called = metrics::most_likely_class(tuned.scorer->score(rows).values, 3);
    std::vector<double> label;
    for (const int64_t row : test_) label.push_back(dataset_.label[static_cast<size_t>(row)]);
    const auto matrix = metrics::confusion_matrix(label, called, 3);
    const Figures figures{metrics::accuracy(matrix).value(), metrics::macro_f1(matrix).value()};
    RecordProperty("accuracy", std::to_string(figures.accuracy));
    RecordProperty("macro_f1", std::to_string(figures.macro_f1));
    std::printf("accuracy %.4f, macro F1 %.4f, %.0f s\n", figures.accuracy, figures.macro_f1, tuned.seconds);
    return figures;
  }

  data::Dataset dataset_;
  std::vector<int64_t> train_;
  std::vector<int64_t> test_;
  FineTuneOptions options_;
};

TEST_F(PhraseBank, FullTuningReachesTheReference) {
  options_.tuning.freeze = {"word_embeddings"};
  const Figures figures = tuned();
  EXPECT_GE(figures.accuracy, 0.935);  // one seed; the mean of three is held to .947
  EXPECT_GE(figures.macro_f1, 0.91);
}

TEST_F(PhraseBank, TheTopTwoLayersReachTheReference) {
  options_.tuning.method = tuning::TopKOptions{.layers = 2};
  options_.optim.lr = 2e-4;
  EXPECT_GE(tuned().accuracy, 0.925);
}

TEST_F(PhraseBank, LoraReachesTheReference) {
  options_.tuning.method = tuning::LoraOptions{};
  options_.optim.lr = 1e-3;
  options_.optim.epochs = 4;
  EXPECT_GE(tuned().accuracy, 0.92);
}

TEST_F(PhraseBank, TheHeadAloneReachesTheReference) {
  options_.tuning.method = tuning::HeadOptions{};
  options_.optim.lr = 1e-2;
  options_.optim.head_lr = 1e-2;
  options_.optim.weight_decay = 0;
  options_.optim.epochs = 40;
  EXPECT_GE(tuned().accuracy, 0.885);
}

}  // namespace
}  // namespace rift::train
