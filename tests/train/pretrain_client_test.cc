#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "rift/base/files.h"
#include "rift/checkpoint/load_model.h"
#include "rift/checkpoint/model_directory.h"
#include "rift/encode/text/word_starts.h"
#include "rift/optim/schedule.h"
#include "rift/train/pretrain/language_start.h"
#include "rift/train/pretrain/language_task.h"
#include "rift/train/pretrain/pretrain.h"
#include "rift/train/pretrain/token_cache.h"
#include "rift/train/row_order.h"
#include "support/client.h"
#include "support/outside_data.h"
#include "train/pretrain/small_texts.h"

// Pretraining beside transformers from the same start on the very same batches: clients/pretrain_curve.py.
namespace rift::train {
namespace {

constexpr double kLoss = 0.01;  // relative, at every step

Json rows_json(const LanguageTask::Asked& asked) {
  const auto* ids = asked.batch.ids.const_data_ptr<int64_t>();
  Json rows = Json::array();
  size_t next = 0;
  for (int64_t row = 0; row < asked.batch.rows; ++row) {
    const int64_t begin = asked.batch.row_begin_host[static_cast<size_t>(row)];
    const int64_t end = begin + asked.batch.row_tokens(row);
    Json places = Json::array(), targets = Json::array();
    for (; next < asked.places.size() && asked.places[next] < end; ++next) {
      places.push_back(asked.places[next] - begin);
      targets.push_back(asked.targets[next]);
    }
    rows.push_back(Json{{"ids", std::vector<int64_t>(ids + begin, ids + end)},
                        {"places", std::move(places)},
                        {"targets", std::move(targets)}});
  }
  return rows;
}

class PretrainClient : public testing::Test {
 protected:
  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }
  DocumentSource documents() const {
    return {.source = options_.data.source, .columns = options_.data.text, .base_directory = folder_.path()};
  }

  /// What the run will be given, computed once more, and the start that it will have.
  void write_plan() {
    const DocumentSource source = documents();
    LanguageStart start = start_language_model(
        {.options = options_, .documents = source, .base_directory = folder_.path(), .directory = folder_ / "again"});
    std::filesystem::create_directories(folder_ / "start");
    checkpoint::write_language_directory(
        folder_ / "start", {.base = start.base, .layout = start.layout, .tensors = start.model->tensors()});
    const CutRule rule{
        .objective = start.model->objective(), .max_tokens = options_.model.text.max_tokens, .special = start.special};
    std::filesystem::create_directories(folder_ / "tokens");
    write_token_cache(folder_ / "tokens", {.source = source,
                                           .tokenizer = *start.tokenizer,
                                           .rule = rule,
                                           .held_out = options_.pretrain.held_out,
                                           .split_seed = static_cast<uint64_t>(options_.pretrain.held_out_seed)});
    const TokenStore train(folder_ / "tokens", kTrainRows), held_out(folder_ / "tokens", kHeldOutRows);
    MaskVocabulary vocabulary{.mask = start.special.mask,
                              .begins_word = encode::text::word_starts(*start.tokenizer),
                              .special = std::vector<uint8_t>(static_cast<size_t>(start.tokenizer->vocab_size()))};
    for (const int32_t id : start.special.all) vocabulary.special[static_cast<size_t>(id)] = 1;
    std::optional<TokenMasker> masker;
    if (start.model->objective() == models::LanguageObjective::kMaskedToken) {
      masker.emplace(MaskRule{.share = options_.pretrain.mask_share, .whole_word = options_.pretrain.whole_word},
                     std::move(vocabulary));
    }
    const LanguageTask task({.train = train, .held_out = held_out, .masker = masker}, *start.model);
    const auto seed = static_cast<uint64_t>(options_.train.seed);
    const RowPlan plan = plan_rows(options_.optim, train.rows());
    RowOrder order(plan, seed, Shuffle::kCounted);
    Json steps = Json::array();
    for (int64_t step = 0; step < plan.total_steps; ++step) {
      const double factor =
          optim::schedule_factor(options_.optim.schedule, options_.optim.warmup, step, plan.total_steps);
      steps.push_back(Json{{"lr", options_.optim.lr * factor},
                           {"rows", rows_json(task.asked(train, order.rows_of(step), seed, order.epoch_of(step)))}});
    }
    const auto& adam = std::get<optim::AdamWOptions>(options_.optim.name);
    plan_ = Json{{"beta1", adam.beta1},
                 {"beta2", adam.beta2},
                 {"epsilon", adam.epsilon},
                 {"weight_decay", options_.optim.weight_decay},
                 {"clip_norm", options_.optim.clip_norm},
                 {"steps", std::move(steps)},
                 {"check", check(task, train)}};
  }

  /// Logits of the published model on the first rows.
  Json check(const LanguageTask& task, const TokenStore& train) const {
    const at::NoGradGuard no_gradient;
    std::vector<int64_t> rows(static_cast<size_t>(std::min<int64_t>(train.rows(), 4)));
    std::iota(rows.begin(), rows.end(), 0);
    const LanguageTask::Asked asked = task.asked(train, rows, 1, 0);
    const auto opened = checkpoint::open_hf_directory(folder_ / "run/model");
    const auto layout = models::describe_text_model(opened.config, "config.json").layout;
    const models::LanguageModel model({.config = opened.config},
                                      checkpoint::load_model(opened, layout, {.language_head = true}).tensors);
    const at::Tensor states = model.encoder().forward(asked.batch, {});
    Json logits = Json::array();
    for (const int64_t place : asked.places) {
      const at::Tensor said = model.language_head().logits(states.narrow(0, place, 1)).contiguous();
      logits.push_back(std::vector<double>(said.const_data_ptr<float>(), said.const_data_ptr<float>() + said.numel()));
    }
    return Json{{"rows", rows_json(asked)}, {"logits", std::move(logits)}};
  }

  void expect_the_losses_of_transformers() {
    const Json metrics =
        pretrain({.options = options_, .base_directory = folder_.path(), .directory = folder_ / "run"});
    write_plan();
    std::filesystem::copy(folder_ / "run/model", folder_ / "model", std::filesystem::copy_options::recursive);
    write_file_atomic(folder_ / "steps.json", to_json_text(plan_));
    const auto client = test::run_client("tests/train/clients/pretrain_curve.py", {folder_.path()});
    ASSERT_EQ(client.status, 0) << client.output;
    const Json theirs = read_json(folder_ / "losses.json");
    std::istringstream log(test::text_of(folder_ / "run/log.jsonl"));
    size_t step = 0;
    double largest = 0;
    for (std::string line; std::getline(log, line);) {
      const Json record = parse_json(line, "log.jsonl");
      if (record.contains("validation")) continue;
      const double expected = theirs.at(step).as_double();
      largest = std::max(largest, std::abs(record.at("loss").as_double() / expected - 1));
      EXPECT_NEAR(record.at("loss").as_double(), expected, kLoss * expected) << "step " << step + 1;
      ++step;
    }
    EXPECT_EQ(step, theirs.size());
    EXPECT_EQ(static_cast<int64_t>(step), metrics.at("total_steps").as_int());
    RecordProperty("steps", static_cast<int>(step));
    std::cout << step << " steps, largest relative difference of a loss " << largest << ", held-out loss "
              << metrics.at("start").at("loss").as_double() << " -> "
              << metrics.at("best").at("figures").at("loss").as_double() << "\n";
    EXPECT_LT(metrics.at("best").at("figures").at("loss").as_double(),
              0.95 * metrics.at("start").at("loss").as_double());
  }

  test::TempDirectory folder_;
  PretrainOptions options_ = test::small_pretraining(folder_.path());
  Json plan_;
};

std::string without_dropout(const char* config) {
  Json json = parse_json(config, "config.json");
  json["hidden_dropout_prob"] = 0.0;
  json["attention_probs_dropout_prob"] = 0.0;
  return to_json_text(json);
}

TEST_F(PretrainClient, ABertFromScratchHasTheLossesOfTransformersAndIsLoadedByIt) {
  test::write_plainly(folder_ / "bert.json", without_dropout(test::kTinyBertConfig));
  options_.optim.weight_decay = 0.01;
  expect_the_losses_of_transformers();
}

/// The posts of FinFE, one a line.
class PretrainClientOnPosts : public PretrainClient {};

TEST_F(PretrainClientOnPosts, ABertFromScratchLearnsTheChinesePostsAsTransformersDoes) {
  const std::filesystem::path data = test::real_data("finfe_zh");
  RIFT_SKIP_WITHOUT(data);
  options_.data.source = "sql: SELECT json ->> 0 AS post FROM read_json('" + (data / "train_list.json.gz").string() +
                         "', format='array', records=false, columns={json: 'JSON'})";
  test::write_plainly(folder_ / "bert.json", without_dropout(R"({"model_type": "bert", "hidden_size": 128,
      "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 256, "max_position_embeddings": 64})"));
  options_.data.text = {"post"};
  options_.model.text.max_tokens = 48;
  options_.tokenizer.train->vocab_size = 3000;
  options_.pretrain.held_out = 0.05;
  options_.optim.lr = 1e-3;
  options_.optim.batch_rows = 32;
  options_.optim.epochs = 0.4;
  expect_the_losses_of_transformers();
}

}  // namespace
}  // namespace rift::train
