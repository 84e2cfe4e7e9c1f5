#pragma once

#include <filesystem>
#include <string>

#include "rift/base/random.h"
#include "rift/train/pretrain/options.h"
#include "support/temp_directory.h"

namespace rift::test {

/// Sentences of a small grammar, one a line: there is something to learn in what follows what.
inline std::string small_texts(int64_t count) {
  constexpr const char* kWho[] = {"the bank", "a customer", "the lender", "our branch"};
  constexpr const char* kDoes[] = {"grants", "refuses", "extends", "repays"};
  constexpr const char* kWhat[] = {"a mortgage", "the credit line", "a car loan", "an overdraft"};
  constexpr const char* kWhen[] = {"in spring.", "every month.", "after a default!", "without delay."};
  const CounterRandom random(11, 4);
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    const auto pick = [&](int64_t part) { return random.below(static_cast<uint64_t>(4 * i + part), 4); };
    const uint64_t who = pick(0);
    text += std::string(kWho[who]) + " " + kDoes[who] + " " + kWhat[pick(2)] + " " + kWhen[pick(3)] + "\n";
  }
  return text;
}

inline constexpr const char* kTinyBertConfig = R"({"model_type": "bert", "hidden_size": 64, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 96, "max_position_embeddings": 32, "initializer_range": 0.05,
    "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1})";

/// A tiny BERT from scratch on texts.txt of `folder`, which this writes, with a tokenizer that is learned.
inline train::PretrainOptions small_pretraining(const std::filesystem::path& folder) {
  write_plainly(folder / "texts.txt", small_texts(300));
  write_plainly(folder / "bert.json", kTinyBertConfig);
  train::PretrainOptions options;
  options.data.source = "texts.txt";
  options.model.text.config = "bert.json";
  options.model.text.max_tokens = 16;
  options.tokenizer.train.emplace();
  options.tokenizer.train->vocab_size = 120;
  options.pretrain.held_out = 0.1;
  options.optim.name = optim::AdamWOptions{};
  options.optim.lr = 3e-3;
  options.optim.batch_rows = 16;
  options.optim.epochs = 3;
  options.train.precision = train::Precision::kF32;
  options.train.checkpoint_every_steps = 10;
  options.train.keep_checkpoints = 100;
  options.train.early_stopping.patience = 0;
  return options;
}

}  // namespace rift::test
