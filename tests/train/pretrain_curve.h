#pragma once

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

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

namespace rift::train {

/// Pretraining beside transformers from the same start on the very same batches: clients/pretrain_curve.py, which gives
/// each row, a document or a piece of one, a line of its own, so that nothing there can attend across documents.
class PretrainCurve : public testing::Test {
 protected:
  static constexpr double kLoss = 0.01;      // relative, at every step
  static constexpr size_t kTextsRead = 200;  // by both tokenizers

  void SetUp() override { RIFT_SKIP_WITHOUT_CLIENTS(); }

  /// The posts of FinFE, in the rows of a table.
  void read_posts(const std::filesystem::path& data) {
    options_.data.source = "sql: SELECT json ->> 0 AS post FROM read_json('" + (data / "train_list.json.gz").string() +
                           "', format='array', records=false, columns={json: 'JSON'})";
    options_.data.text = {"post"};
    options_.model.text.max_tokens = 48;
    options_.pretrain.held_out = 0.05;
    options_.optim.lr = 1e-3;
    options_.optim.batch_rows = 32;
    options_.tokenizer.train->vocab_size = 3000;
  }

  /// `config` is written without dropout, which draws other numbers there.
  void model_from_scratch(const std::string& config) {
    Json json = parse_json(config, "config.json");
    const bool is_gpt = json.at("model_type").as_string() == "gpt2";
    const std::vector<const char*> keys = is_gpt ? std::vector{"resid_pdrop", "embd_pdrop", "attn_pdrop"}
                                                 : std::vector{"hidden_dropout_prob", "attention_probs_dropout_prob"};
    for (const char* key : keys) json[key] = 0.0;
    test::write_plainly(folder_ / "config.json", to_json_text(json));
    options_.model.text.config = "config.json";
    if (is_gpt) options_.tokenizer.train->kind = encode::text::Gpt2Training{};
  }

  /// `falls_to`: what the held-out loss has to come to at most, as a share of what it was.
  void expect_the_losses_of_transformers(double falls_to) {
    const Json metrics =
        pretrain({.options = options_, .base_directory = folder_.path(), .directory = folder_ / "run"});
    write_file_atomic(folder_ / "steps.json", to_json_text(plan()));
    std::filesystem::copy(folder_ / "run/model", folder_ / "model", std::filesystem::copy_options::recursive);
    const auto client = test::run_client("tests/train/clients/pretrain_curve.py", {folder_.path()});
    ASSERT_EQ(client.status, 0) << client.output;
    const std::vector<double> ours = losses();
    const Json theirs = read_json(folder_ / "losses.json");
    ASSERT_EQ(ours.size(), theirs.size());
    ASSERT_EQ(static_cast<int64_t>(ours.size()), metrics.at("total_steps").as_int());
    double largest = 0;
    for (size_t step = 0; step < ours.size(); ++step) {
      const double expected = theirs.at(step).as_double();
      largest = std::max(largest, std::abs(ours[step] / expected - 1));
      EXPECT_NEAR(ours[step], expected, kLoss * expected) << "step " << step + 1;
    }
    const double before = metrics.at("start").at("loss").as_double();
    const double best = metrics.at("best").at("figures").at("loss").as_double();
    std::cout << ours.size() << " steps, largest relative difference of a loss " << largest << ", held-out loss "
              << before << " -> " << best << "\n";
    EXPECT_LT(best, falls_to * before);
  }

  test::TempDirectory folder_;
  PretrainOptions options_ = test::small_pretraining(folder_.path());

 private:
  DocumentSource documents() const {
    return {.source = options_.data.source, .columns = options_.data.text, .base_directory = folder_.path()};
  }
  uint64_t seed() const { return static_cast<uint64_t>(options_.train.seed); }

  /// What the run was given, computed once more, and the start that it had.
  Json plan() const {
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
    const LanguageTask task({.train = train, .held_out = held_out, .masker = masker(start)}, *start.model);
    const auto& adam = std::get<optim::AdamWOptions>(options_.optim.name);
    return Json{{"beta1", adam.beta1},
                {"beta2", adam.beta2},
                {"epsilon", adam.epsilon},
                {"weight_decay", options_.optim.weight_decay},
                {"clip_norm", options_.optim.clip_norm},
                {"steps", steps(task, train)},
                {"check", check(task, train)},
                {"texts", texts(*start.tokenizer)}};
  }

  std::optional<TokenMasker> masker(const LanguageStart& start) const {
    if (start.model->objective() == models::LanguageObjective::kNextToken) return std::nullopt;
    MaskVocabulary vocabulary{.mask = start.special.mask,
                              .begins_word = encode::text::word_starts(*start.tokenizer),
                              .special = std::vector<uint8_t>(static_cast<size_t>(start.tokenizer->vocab_size()))};
    for (const int32_t id : start.special.all) vocabulary.special[static_cast<size_t>(id)] = 1;
    return TokenMasker({.share = options_.pretrain.mask_share, .whole_word = options_.pretrain.whole_word},
                       std::move(vocabulary));
  }

  Json steps(const LanguageTask& task, const TokenStore& train) const {
    const RowPlan plan = plan_rows(options_.optim, train.rows());
    RowOrder order(plan, seed(), Shuffle::kCounted);
    Json steps = Json::array();
    for (int64_t step = 0; step < plan.total_steps; ++step) {
      const double factor =
          optim::schedule_factor(options_.optim.schedule, options_.optim.warmup, step, plan.total_steps);
      const auto asked = task.asked(train, order.rows_of(step), seed(), order.epoch_of(step));
      steps.push_back(Json{{"lr", options_.optim.lr * factor}, {"rows", rows_json(asked)}});
    }
    return steps;
  }

  static Json rows_json(const LanguageTask::Asked& asked) {
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

  /// The first documents and their ids, special tokens included.
  Json texts(const encode::text::Tokenizer& tokenizer) const {
    DocumentBatch batch;
    open_documents(documents())->next(batch);
    Json texts = Json::array();
    for (size_t i = 0; i < std::min(batch.texts.size(), kTextsRead); ++i) {
      encode::text::Encoding encoding;
      tokenizer.encode(batch.texts[i], {.max_tokens = 0}, encoding);
      texts.push_back(
          Json{{"text", batch.texts[i]}, {"ids", std::vector<int64_t>(encoding.ids.begin(), encoding.ids.end())}});
    }
    return texts;
  }

  std::vector<double> losses() const {
    std::istringstream log(test::text_of(folder_ / "run/log.jsonl"));
    std::vector<double> losses;
    for (std::string line; std::getline(log, line);) {
      const Json record = parse_json(line, "log.jsonl");
      if (!record.contains("validation")) losses.push_back(record.at("loss").as_double());
    }
    return losses;
  }
};

inline constexpr const char* kSmallBert = R"({"model_type": "bert", "hidden_size": 128, "num_hidden_layers": 2,
    "num_attention_heads": 4, "intermediate_size": 256, "max_position_embeddings": 64})";
inline constexpr const char* kSmallGpt = R"({"model_type": "gpt2", "n_embd": 128, "n_layer": 2, "n_head": 4,
    "n_inner": 256, "n_positions": 64})";

}  // namespace rift::train
