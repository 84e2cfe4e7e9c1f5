#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/options.h"
#include "rift/encode/text/training/train_tokenizer.h"
#include "rift/optim/options.h"
#include "rift/train/options.h"

/// run.yaml of `rift pretrain`. Torch-free.
namespace rift::train {

/// kAutomatic: what the architecture is made for.
enum class PretrainObjective { kAutomatic, kMaskedToken, kNextToken };
constexpr auto enum_names(PretrainObjective) {
  return std::to_array<EnumName<PretrainObjective>>({{PretrainObjective::kAutomatic, "automatic"},
                                                     {PretrainObjective::kMaskedToken, "masked_token"},
                                                     {PretrainObjective::kNextToken, "next_token"}});
}

struct PretrainDataOptions {
  std::string source;
  std::optional<std::string> folder;
  std::vector<std::string> text;
  std::string memory_limit = "2GB";
  template <class V>
  void visit(V& v) {
    v("source", source,
      "A file or glob (CSV, CSV.gz, Parquet, JSONL, or .txt with one document a line), or 'sql: SELECT ...' over "
      "files.");
    v("folder", folder, "Folder that a query's files are relative to; run.yaml's when left out.");
    v("text", text, "Columns of a table that make a document, in the order in which the model reads them.");
    v("memory_limit", memory_limit, "Memory that reading may use, such as 2GB.");
  }
};

struct PretrainTextOptions {
  std::string backbone;
  std::optional<std::string> config;
  int64_t max_tokens = 128;
  template <class V>
  void visit(V& v) {
    v("backbone", backbone,
      "Hugging Face directory or .gguf file of the model that is trained further; empty = the packaged "
      "all-MiniLM-L6-v2.");
    v("config", config, "A config.json: a model of that shape from scratch, in place of a backbone.");
    v("max_tokens", max_tokens, "Longest row in tokens, special ones included; longer documents become several rows.",
      at_least(2));
  }
};

struct PretrainModelOptions {
  PretrainTextOptions text;
  template <class V>
  void visit(V& v) {
    v("text", text, "The text model.");
  }
};

struct PretrainTokenizerOptions {
  std::optional<std::string> from;
  std::optional<encode::text::TokenizerTrainingOptions> train;
  template <class V>
  void visit(V& v) {
    v("from", from, "Directory whose tokenizer the model gets.");
    v("train", train, "Learns one from the documents that are not held out.");
  }
};

struct LanguageOptions {
  PretrainObjective objective = PretrainObjective::kAutomatic;
  double mask_share = 0.15;
  bool whole_word = true;
  double held_out = 0.05;
  int64_t held_out_seed = 1;
  template <class V>
  void visit(V& v) {
    v("objective", objective, "What the model says; automatic: what its architecture is made for.");
    v("mask_share", mask_share, "Share of the words that are hidden (masked_token).",
      Range{.low = 0, .high = 1, .open_low = true, .open_high = true});
    v("whole_word", whole_word, "Hides all tokens of a word together (masked_token).");
    v("held_out", held_out, "Share of the documents that are not trained on and give the loss of evaluations.",
      in_half_open(0, 1));
    v("held_out_seed", held_out_seed, "Seed of the rule that holds documents out.", seed_range());
  }
};

struct PretrainOptions {
  PretrainDataOptions data;
  PretrainModelOptions model;
  PretrainTokenizerOptions tokenizer;
  LanguageOptions pretrain;
  optim::OptimOptions optim;
  TrainOptions train;
  template <class V>
  void visit(V& v) {
    v("data", data, "The documents.");
    v("model", model, "What is trained.");
    v("tokenizer", tokenizer, "Of a model from scratch; a backbone has its own.");
    v("pretrain", pretrain, "What is learned of the documents.");
    v("optim", optim, "How a step is made.");
    v("train", train, "The loop.");
  }
  void check(std::string_view path) const;  // throws kConfig for keys that contradict each other
};

}  // namespace rift::train
