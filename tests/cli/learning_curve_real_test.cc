#include <gtest/gtest.h>

#include <string>

#include "cli/program.h"
#include "rift/base/json.h"
#include "support/phrasebank.h"

// A learning curve of the packaged MiniLM on real sentences: no more is asserted than what holds on any draw.
namespace rift::test {
namespace {

double value(const Json& curve, size_t model, size_t size) {
  return curve.at("models").at(model).at("points").at(size).at("value").as_double();
}

TEST(LearningCurveOfPhraseBank, IsOrderedAsPublishedFiguresAre) {
  const auto lines = phrasebank_file();
  RIFT_SKIP_WITHOUT(lines);
  RIFT_SKIP_WITHOUT_MINILM();
  const TempDirectory folder;
  folder.write("sentences.tsv", tab_separated(utf8_of_latin1(text_of(lines))));
  folder.write("run.yaml",
               "task: multiclass\n"
               "data: {source: sentences.tsv, label: sentiment, columns: {sentence: text}}\n"
               "split: {kind: k_fold, k: 5, fold: 0, stratified: true, validation: 0, calibration: 0}\n"
               "model: {text: {backbone: " +
                   std::filesystem::absolute(kMiniLm).string() +
                   ", columns: [sentence], pooling: mean}}\n"
                   "tuning: {method: full, freeze: [word_embeddings]}\n"
                   "optim: {name: adamw, lr: 1.0e-4, head_lr: 1.0e-3, weight_decay: 0.01}\n"
                   "learning_curve:\n"
                   "  sizes: [100, 200, 400]\n"
                   "  seeds: 2\n"
                   "  metric: accuracy\n"
                   "  models: [fine-tuned, frozen-features, text-baseline]\n");
  const ProgramRun run = run_program({"learning-curve", (folder / "run.yaml").string(), "--out",
                                      (folder / "out").string(), "--threads", "2", "--json", "--quiet"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json curve = parse_json(run.out, "curve");
  for (size_t model = 0; model < 3; ++model) {
    SCOPED_TRACE(curve.at("models").at(model).at("name").as_string());
    EXPECT_GT(value(curve, model, 0), 0.64) << "better than naming the most frequent class, .61";
    EXPECT_GT(value(curve, model, 2), value(curve, model, 0)) << "four times the labels help";
    EXPECT_FALSE(curve.at("models").at(model).at("law").is_null());
  }
  EXPECT_GT(value(curve, 0, 2), value(curve, 2, 2)) << "with 400 labels fine-tuning is ahead of words";
  EXPECT_GT(value(curve, 1, 0), value(curve, 2, 0)) << "with 100 labels frozen features are ahead of words";
  const Json work = parse_json(text_of(folder / "out/manifest.json"), "manifest").at("work");
  EXPECT_LE(work.at("rows_encoded").as_int(), 2 * 400 + curve.at("test").at("rows").as_int());
  EXPECT_EQ(work.at("rows_read"), work.at("rows_encoded"));
}

}  // namespace
}  // namespace rift::test
