#include "rift/classic/text_baseline.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "classic/small_dataset.h"
#include "rift/base/files.h"
#include "rift/classic/feature_columns.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/regression.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::classic {
namespace {

using data::Task;

constexpr TextBaselineOptions kPlain = {};

/// Texts and labels 0/1 without anything else.
data::Dataset texts(const std::vector<std::string>& stories, const std::vector<double>& labels) {
  data::Dataset dataset;
  dataset.schema.class_names = {"good", "bad"};
  dataset.schema.fields = {field("story", data::Kind::kText)};
  data::Texts column;
  for (const std::string& story : stories) column.append(story);
  dataset.label = labels;
  dataset.table.rows = static_cast<int64_t>(stories.size());
  dataset.table.add({"story", std::move(column)});
  return dataset;
}

TEST(TextBaseline, LearnsEachTaskAndLoadsToTheSameBits) {
  for (Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    const auto dataset = applicants(800, task);
    const auto model = TextBaseline::fit(dataset, all_rows(dataset.table), kPlain);
    const auto raw = model->score(dataset.table);
    EXPECT_EQ(raw.outputs, task == Task::kMulticlass ? 3 : 1);
    ASSERT_EQ(raw.values.size(), static_cast<size_t>(800 * raw.outputs));
    EXPECT_TRUE(task != Task::kBinary || *metrics::auc(dataset.label, raw.values) > 0.56);
    EXPECT_TRUE(task != Task::kRegression || *metrics::r_squared(dataset.label, raw.values) > 0.03);

    const test::TempDirectory directory;
    const Json part = model->save(directory.path());
    EXPECT_EQ(part.at("kind").as_string(), "text-baseline");
    const auto loaded = TextBaseline::load(directory.path(), part, dataset.schema);
    EXPECT_EQ(loaded->score(dataset.table).values, raw.values);
    ASSERT_EQ(loaded->schema().fields.size(), 1u);
    EXPECT_EQ(loaded->schema().fields[0].name, "story");
  }
}

TEST(TextBaseline, RowsWithoutTextOrKnownTermsScoreTheIntercept) {
  auto dataset = applicants(600);
  const auto model = TextBaseline::fit(dataset, all_rows(dataset.table), kPlain);
  auto odd = texts({"", "zzz qqq", "   "}, {0, 0, 0});
  std::get<data::Texts>(odd.table.columns[0].values).present[0] = 0;
  const auto scores = model->score(odd.table).values;
  EXPECT_EQ(scores[0], scores[1]);
  EXPECT_EQ(scores[0], scores[2]);
  EXPECT_TRUE(std::isfinite(scores[0]));
}

TEST(TextBaseline, ARowsScoreDoesNotDependOnItsNeighbours) {
  const auto dataset = applicants(300);
  const auto model = TextBaseline::fit(dataset, all_rows(dataset.table), {.tfidf = {.pieces = TextPieces::kBoth}});
  const auto together = model->score(dataset.table).values;
  for (int64_t row : {0, 150, 299})
    EXPECT_EQ(model->score(data::take(dataset.table, std::vector<int64_t>{row})).values[0],
              together[static_cast<size_t>(row)]);
}

TEST(TextBaseline, CharactersReadChinese) {
  std::vector<std::string> stories;
  std::vector<double> labels;
  for (int i = 0; i < 40; ++i) {
    stories.push_back(i % 2 == 0 ? "我想借錢買一輛新車上班用" : "我無法按時償還以前的債務");
    labels.push_back(i % 2);
  }
  const auto dataset = texts(stories, labels);
  const auto model =
      TextBaseline::fit(dataset, all_rows(dataset.table), {.tfidf = {.pieces = TextPieces::kCharacters}});
  const auto scores = model->score(texts({"這輛車是新車", "還有很多債務"}, {0, 1}).table).values;
  EXPECT_GT(scores[1], scores[0] + 0.5);
}

TEST(TextBaseline, ATableWithoutTextsIsReadAsASentence) {
  auto dataset = applicants(600);
  dataset.schema.fields.pop_back();
  const auto model = TextBaseline::fit(dataset, all_rows(dataset.table), kPlain);
  EXPECT_EQ(model->schema().fields.size(), 5u);
  EXPECT_GT(*metrics::auc(dataset.label, model->score(dataset.table).values), 0.55);
  const test::TempDirectory directory;
  const auto loaded = TextBaseline::load(directory.path(), model->save(directory.path()), dataset.schema);
  EXPECT_EQ(loaded->score(dataset.table).values, model->score(dataset.table).values);
}

TEST(TextBaseline, TheUnitOfAnAmountDoesNotMatter) {
  auto dataset = applicants(400, Task::kRegression);
  const auto thousands = TextBaseline::fit(dataset, all_rows(dataset.table), kPlain)->score(dataset.table).values;
  for (double& label : dataset.label) label /= 1000.0;
  const auto units = TextBaseline::fit(dataset, all_rows(dataset.table), kPlain)->score(dataset.table).values;
  for (size_t i = 0; i < units.size(); ++i) EXPECT_NEAR(1000.0 * units[i], thousands[i], 1e-6);
}

TEST(TextBaseline, WhatItCannotDoIsSaid) {
  auto dataset = applicants(100);
  const auto rows = all_rows(dataset.table);
  TextBaselineOptions other_column;
  other_column.text.columns = {"stori"};
  EXPECT_NE(test::message_of(Code::kConfig, [&] { TextBaseline::fit(dataset, rows, other_column); }).find("story"),
            std::string::npos);
  const auto silent = texts({"", "", "", ""}, {0, 1, 0, 1});
  test::message_of(Code::kData, [&] { TextBaseline::fit(silent, all_rows(silent.table), kPlain); });
  dataset.schema.fields.pop_back();
  TextBaselineOptions never;
  never.text.from_table = encode::text::FromTable::kNever;
  test::message_of(Code::kUnsupported, [&] { TextBaseline::fit(dataset, rows, never); });
}

TEST(TextBaseline, FilesThatDoNotFitAreRefused) {
  const auto dataset = applicants(200);
  const auto model = TextBaseline::fit(dataset, all_rows(dataset.table), kPlain);
  const test::TempDirectory directory;
  const Json part = model->save(directory.path());
  const auto load = [&] { TextBaseline::load(directory.path(), part, dataset.schema); };
  const std::string numbers = read_file(directory / "parts/tfidf.f64"),
                    terms = read_file(directory / "parts/tfidf.terms.txt"),
                    settings = read_file(directory / "parts/tfidf.json");
  write_file_atomic(directory / "parts/tfidf.f64", std::string_view(numbers).substr(0, numbers.size() - 8));
  EXPECT_NE(test::message_of(Code::kArtefact, load).find("tfidf.f64"), std::string::npos);
  write_file_atomic(directory / "parts/tfidf.f64", numbers.substr(8) + std::string(8, '\xff'));  // a NaN
  test::message_of(Code::kArtefact, load);
  write_file_atomic(directory / "parts/tfidf.f64", numbers);
  write_file_atomic(directory / "parts/tfidf.terms.txt", terms.substr(1 + terms.find('\n')));
  test::message_of(Code::kArtefact, load);
  write_file_atomic(directory / "parts/tfidf.terms.txt", terms);
  write_file_atomic(directory / "parts/tfidf.json", R"({"text": {"columns": ["gone"]}, "outputs": 1})");
  test::message_of(Code::kArtefact, load);
  std::filesystem::remove(directory / "parts/tfidf.json");
  test::message_of(Code::kArtefact, load);
  write_file_atomic(directory / "parts/tfidf.json", settings);
  load();
}

TEST(TextBaselineChoice, TriesAreShownAndWarmStartsDoNotMoveTheResult) {
  const auto dataset = applicants(1200);
  const auto train = dataset.split.rows(data::Part::kTrain), validation = dataset.split.rows(data::Part::kValidation);
  const auto choice = choose_text_baseline(dataset, train, validation, {}, 8);
  ASSERT_EQ(choice.tries.size(), 8u);
  const auto folds = choice_folds(dataset, train, validation, 5000);
  for (size_t setting : {1, 4}) {  // fitted from the one before in the search, from nothing here
    TextBaselineOptions options;
    read_options(choice.tries[setting].settings, "test", options);
    double sum = 0.0;
    for (const ChoiceFold& fold : folds) {
      const auto model = TextBaseline::fit(dataset, fold.train, options);
      sum += choice_value(dataset, fold.validation, model->score(data::take(dataset.table, fold.validation)));
    }
    EXPECT_NEAR(sum / static_cast<double>(folds.size()), choice.tries[setting].value, 1e-4);  // a few pairs of rows
  }
  EXPECT_EQ(choose_text_baseline(dataset, train, {}, {}, 2).tries.size(), 2u);
}

}  // namespace
}  // namespace rift::classic
