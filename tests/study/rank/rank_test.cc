#include "rift/study/rank/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <variant>

#include "package/small_dataset.h"
#include "rift/base/files.h"
#include "rift/base/progress.h"
#include "rift/data/load_dataset.h"
#include "rift/data/propose.h"
#include "rift/study/compare.h"
#include "rift/study/rank/rows.h"
#include "rift/study/run/options.h"
#include "support/failure.h"

// The scores themselves: tests/metrics/transferability_test.cc, tests/classic/linear_probe_test.cc.
namespace rift::study {
namespace {

namespace fs = std::filesystem;
using test::failure;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;

class Rank : public testing::Test {
 protected:
  void SetUp() override {
    set_progress_style(ProgressStyle::kSilent);
    test::small_backbone(folder_);
    fs::copy(folder_ / "base", folder_ / "broken");
    folder_.write("broken/config.json", R"({"model_type": "t5"})");
  }
  /// Records of which a note's last word says the label.
  void write_rows(data::Task task, int64_t count = 200) {
    const data::Dataset dataset = test::small_dataset(count, task);
    std::string csv = "key,note,outcome\n";
    for (int64_t row = 0; row < count; ++row) {
      const double label = dataset.label[static_cast<size_t>(row)];
      csv += "k" + std::to_string(row) + "," + std::string(*dataset.table.at("note").texts().get(row)) + ",";
      csv += task == data::Task::kRegression ? std::to_string(label)
                                             : dataset.schema.class_names[static_cast<size_t>(label)];
      csv += "\n";
    }
    folder_.write("rows.csv", csv);
  }
  RankSpec spec() const {
    RankSpec spec{.source = path("rows.csv"), .models = {path("base")}, .label = "outcome"};
    spec.id = "key";
    spec.columns = {"note"};
    return spec;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  TempDirectory folder_;
};

TEST_F(Rank, JudgesModelsAndSaysWhyOneCannotBeJudged) {
  write_rows(data::Task::kBinary);
  RankSpec asked = spec();
  asked.models = {path("broken"), path("base"), path("nowhere")};
  asked.positive = {"late"};
  const Ranking ranking = rank_models(asked);
  ASSERT_EQ(ranking.models.size(), 3u);
  EXPECT_THAT(ranking.models[0].problem, HasSubstr("t5"));
  EXPECT_THAT(ranking.models[2].problem, HasSubstr("nowhere"));
  const RankedModel& model = ranking.models[1];
  EXPECT_EQ(model.name, "base");
  EXPECT_EQ(model.problem, "");
  EXPECT_EQ(ranking.metric, "auc");
  EXPECT_EQ(ranking.take, 1u);
  EXPECT_GT(model.scores.probe.value, 0.9) << "the last word says the label";
  EXPECT_GT(model.scores.neighbours.value, 0.75);
  EXPECT_LE(model.scores.h_score->value, 1.0 + 1e-9);
  EXPECT_LE(model.scores.shrunk_h_score->value, model.scores.h_score->value + 1e-9);
  EXPECT_EQ(model.scores.probe_folds.size(), 5u);
  EXPECT_EQ(model.parameters, 528 + 2 * 600);  // as tests/package/inspect_test.cc counts them, without pooler and head
  EXPECT_EQ(model.max_tokens, 12) << "positions of the model";
  EXPECT_GT(model.rows_per_second, 0);
  EXPECT_GT(model.tokens.words, 0);
  EXPECT_THAT(model.language.why_not, HasSubstr("no language head"));
  const std::string text = ranking_text(ranking);
  EXPECT_THAT(text, AllOf(HasSubstr("200 labelled rows, 5 folds"), HasSubstr("broken could not be judged"),
                          HasSubstr("base is the only model")));
  const Json json = to_json(ranking);
  EXPECT_EQ(json.at("take").as_string(), "base");
  EXPECT_TRUE(json.at("models").at(size_t{1}).at("language_loss").at("objective").is_null());
}

TEST_F(Rank, TheSameRowsAndSeedGiveTheSameScores) {
  write_rows(data::Task::kMulticlass);
  RankSpec asked = spec();
  asked.rows = 120;
  const Ranking first = rank_models(asked), again = rank_models(asked);
  EXPECT_EQ(first.rows, 120);
  EXPECT_EQ(first.metric, "accuracy");
  EXPECT_EQ(first.models[0].scores.probe_folds, again.models[0].scores.probe_folds);
  EXPECT_EQ(first.models[0].scores.log_me, again.models[0].scores.log_me);
  asked.seed = 2;
  EXPECT_NE(rank_models(asked).models[0].scores.log_me, first.models[0].scores.log_me);
}

TEST_F(Rank, AnAmountHasNoHScore) {
  write_rows(data::Task::kRegression);
  RankSpec asked = spec();
  asked.task = data::Task::kRegression;
  const Ranking ranking = rank_models(asked);
  EXPECT_EQ(ranking.metric, "r2");
  EXPECT_FALSE(ranking.models[0].scores.h_score.has_value());
  EXPECT_THAT(ranking_text(ranking), HasSubstr("R²"));
}

TEST_F(Rank, APackageThatKnowsTheRowsAndOtherLeadersAreTold) {
  write_rows(data::Task::kBinary);
  folder_.write("run.yaml", R"(
data: {source: rows.csv, id: key, label: {column: outcome, positive: [late]}, columns: {note: text}}
split: {kind: stratified, test: 0.4, validation: 0.1}
model: {text: {backbone: base, max_tokens: 9, pooling: mean}}
optim: {lr: 5.0e-3, batch_rows: 8, epochs: 1}
)");
  StudySpec study;
  study.run_file = folder_ / "run.yaml";
  study.options = read_run(study.run_file, {});
  study.directory = folder_ / "run";
  run_train(study);
  RankSpec asked = spec();
  asked.positive = {"late"};
  asked.models = {path("base"), path("run/package")};
  const Ranking ranking = rank_models(asked);
  EXPECT_FALSE(ranking.models[0].knows_rows);
  EXPECT_TRUE(ranking.models[1].knows_rows);
  EXPECT_THAT(ranking.recommendation, HasSubstr("package was fine-tuned on rows of this source"));
  const auto leads = [&](auto score) { return score(ranking.models[1]) > score(ranking.models[0]) ? 1u : 0u; };
  const size_t by_neighbours = leads([](const RankedModel& one) { return one.scores.neighbours.value; });
  EXPECT_EQ(ranking.recommendation.find("By nearest neighbours") != std::string::npos, by_neighbours != ranking.take);
  const size_t by_h_score = leads([](const RankedModel& one) { return one.scores.h_score->value; });
  EXPECT_EQ(ranking.recommendation.find("By the H-score") != std::string::npos, by_h_score != ranking.take);
  asked.models.push_back(path("base/"));
  EXPECT_THAT(failure([&] { rank_models(asked); }), HasSubstr("is named twice"));
}

constexpr const char* kRun = R"(
data: {source: rows.csv, id: key, label: {column: outcome, positive: [late]}, columns: {note: text}}
split: {kind: stratified, test: 0.4, validation: 0.1}
model: {text: {max_tokens: 9}}
)";

TEST_F(Rank, TestRowsOfARunStayUnseen) {
  write_rows(data::Task::kBinary);
  std::string run = kRun;
  for (const bool folds : {false, true}) {
    SCOPED_TRACE(folds);
    if (folds) run.replace(run.find("stratified"), run.find("}\nmodel") - run.find("stratified"), "k_fold, k: 5");
    folder_.write("run.yaml", run);
    RunOptions options = read_run(path("run.yaml"), {});
    if (folds) std::get<data::KFoldSplit>(options.split.kind).fold = 0;
    const data::Dataset dataset = data::load_dataset(
        {.task = options.task, .data = options.data, .split = options.split, .base_directory = folder_.path()});
    std::set<int64_t> expected;
    for (const data::Part part : {data::Part::kTrain, data::Part::kValidation}) {
      for (const int64_t row : dataset.split.rows(part)) expected.insert(row);
    }
    RankSpec asked;
    asked.source = path("run.yaml");
    asked.models = {path("base")};
    const RankRows rows = load_rank_rows(asked);
    EXPECT_EQ(std::set<int64_t>(rows.table.source_row.begin(), rows.table.source_row.end()), expected);
    EXPECT_NEAR(static_cast<double>(expected.size()), folds ? 160 : 120, 1);
    EXPECT_EQ(rows.max_tokens, 9);
    asked.label = "outcome";
    EXPECT_THAT(failure([&] { load_rank_rows(asked); }), HasSubstr("leave the flags out"));
    asked.label = "";
    asked.max_tokens = 5;
    EXPECT_THAT(failure([&] { load_rank_rows(asked); }), HasSubstr("max_tokens"));
  }
}

TEST_F(Rank, EveryFoldHasRowsToJudgeBy) {
  std::string csv = "key,note,g,outcome\n";
  for (int row = 0; row < 140; ++row) {
    const bool late = row % 14 < 4;  // fourteen groups, four of them late
    csv += "k" + std::to_string(row) + (late ? ",loan late,g" : ",loan,g") + std::to_string(row % 14) +
           (late ? ",late\n" : ",good\n");
  }
  folder_.write("rows.csv", csv);
  folder_.write("run.yaml", R"(
data: {source: rows.csv, id: key, group: g, label: {column: outcome, positive: [late]}, columns: {note: text}}
split: {kind: stratified, test: 0.25, validation: 0.0}
)");
  RankSpec asked;
  asked.source = path("run.yaml");
  asked.models = {path("base")};
  EXPECT_THAT(failure([&] { rank_models(asked); }),
              AllOf(HasSubstr("data: "), HasSubstr("groups that stay together"), HasSubstr("lower --folds")));
}

TEST_F(Rank, OneRowOfASecondClassIsTooFew) {
  std::string csv = "key,note,outcome\n";
  for (int row = 0; row < 60; ++row) csv += std::to_string(row) + ",loan," + (row == 7 ? "b\n" : "a\n");
  folder_.write("rows.csv", csv);
  RankSpec asked = spec();
  asked.task = data::Task::kMulticlass;
  EXPECT_THAT(failure([&] { rank_models(asked); }),
              AllOf(HasSubstr("60 rows of 2 classes, 1 of the rarest"), HasSubstr("too few for 5 folds")));
}

TEST_F(Rank, FaultsOfTheCallerAreNotThoseOfAModel) {
  write_rows(data::Task::kBinary);
  RankSpec asked = spec();
  asked.columns = {"note", "outcome"};
  EXPECT_THAT(failure([&] { rank_models(asked); }), AllOf(HasSubstr("configuration: "), HasSubstr("outcome")));
  asked = spec();
  asked.task = data::Task::kMulticlass;
  asked.positive = {"late"};
  EXPECT_THAT(failure([&] { rank_models(asked); }), HasSubstr("--positive"));
  asked = spec();
  asked.device = "cuda:99";
  EXPECT_THAT(failure([&] { rank_models(asked); }), HasSubstr("cuda:99"));
}

/// A column that the user names is read, whatever it looks like; rift init would leave it out.
TEST_F(Rank, AColumnThatLooksLikeALeakIsReadWhenItIsNamed) {
  std::string csv = "key,note,outcome\n";
  for (int row = 0; row < 200; ++row) {
    const bool late = row % 4 == 0;
    csv += "k" + std::to_string(row) + (late ? ",loan was late,late\n" : ",,good\n");
  }
  folder_.write("rows.csv", csv);
  EXPECT_THAT(failure([&] { data::propose({.source = path("rows.csv"), .label = "outcome", .base_directory = {}}); }),
              HasSubstr("filled after the decision"));
  const RankRows rows = load_rank_rows(spec());
  EXPECT_EQ(rows.task, data::Task::kBinary);
  EXPECT_EQ(rows.table.rows, 200);
}

TEST_F(Rank, HiddenTokensAndNextOnesAreToldApart) {
  Ranking ranking;
  ranking.metric = "auc";
  for (const char* objective : {"masked_token", "next_token"}) {
    RankedModel model{.name = objective, .problem = {}};
    model.language = {.objective = objective, .nats_per_token = 2.5, .tokens = 10, .why_not = {}};
    model.scores.h_score = metrics::Estimate{.value = 0.5, .low = 0.25, .high = 0.75};
    ranking.models.push_back(model);
  }
  const std::string text = ranking_text(ranking);
  EXPECT_THAT(text, AllOf(HasSubstr("2.50 hidden"), HasSubstr("2.50 next"), HasSubstr("0.500 [0.250, 0.750]")));
}

TEST_F(Rank, WhatCannotBeRankedIsNamed) {
  write_rows(data::Task::kBinary, 40);
  RankSpec asked = spec();
  asked.label = "";
  EXPECT_THAT(failure([&] { rank_models(asked); }), HasSubstr("--label"));
  asked = spec();
  asked.label = "outcom";
  EXPECT_THAT(failure([&] { rank_models(asked); }), HasSubstr("outcome"));
  asked = spec();
  asked.positive = {"nope"};
  EXPECT_THAT(failure([&] { rank_models(asked); }), HasSubstr(": --positive matches none of 40 rows"));
  asked = spec();
  folder_.write("rows.csv",
                "key,note,outcome\n1,loan,late\n2,paid,good\n3,the,good\n4,was,good\n5,was,good\n6,a,good\n"
                "7,b,good\n8,c,good\n9,d,good\n10,e,late\n11,f,good\n");
  EXPECT_THAT(failure([&] { rank_models(asked); }), HasSubstr("too few for 5 folds"));
}

TEST_F(Rank, IsWrittenToAPageOrJson) {
  write_rows(data::Task::kBinary);
  const Ranking ranking = rank_models(spec());
  write_ranking(ranking, path("rank.html"));
  write_ranking(ranking, path("rank.json"));
  EXPECT_THAT(read_file(folder_ / "rank.html"), AllOf(HasSubstr("linear probe"), HasSubstr("base")));
  EXPECT_EQ(read_json(folder_ / "rank.json").at("rows").as_int(), 200);
  EXPECT_THAT(failure([&] { write_ranking(ranking, path("rank.docx")); }), HasSubstr(".html"));
}

}  // namespace
}  // namespace rift::study
