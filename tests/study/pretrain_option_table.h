#pragma once

#include <algorithm>
#include <vector>

#include "study/every_option_table.h"

namespace rift::test {

inline constexpr std::string_view kFurther = "model.text={backbone: language, max_tokens: 12};tokenizer={}";
inline constexpr std::string_view kNewGpt2 =
    "model.text.config=gpt2.json;tokenizer={train: {kind: gpt2, vocab_size: 300}}";

/// Of a pretraining what a fine-tuning has too but does otherwise.
inline const std::vector<OptionCase>& own_pretrain_cases() {
  static const std::vector<OptionCase> cases = {
      {"data.source", "data.source=other.csv"},
      {"data.folder", "data.folder=other", "data.source=\"sql: SELECT * FROM 'documents.csv'\""},
      {"data.text", "data.text=[body]"},
      {"data.memory_limit", "data.memory_limit=1KB", "", "memory"},
      {"model.text.backbone", "model.text.backbone=again", kFurther},
      {"model.text.config", "model.text.config=wider.json"},
      {"model.text.max_tokens", "model.text.max_tokens=8"},
      {"tokenizer.from", "tokenizer={from: language}"},
      {"tokenizer.train.vocab_size", "tokenizer.train.vocab_size=80"},
      {"tokenizer.train.min_frequency", "tokenizer.train.min_frequency=12"},
      {"tokenizer.train.max_tokens", "tokenizer.train.max_tokens=20"},
      {"tokenizer.train.special_tokens", "tokenizer.train.special_tokens=[\"[LOAN]\"]"},
      {"tokenizer.train.kind = bert", "tokenizer={train: {kind: bert, vocab_size: 90}}",
       "tokenizer={train: {kind: roberta, vocab_size: 300}}"},
      {"tokenizer.train.kind = roberta", "tokenizer={train: {kind: roberta, vocab_size: 300}}"},
      {"tokenizer.train.kind = gpt2", kNewGpt2,
       "model.text.config=gpt2.json;tokenizer={train: {kind: roberta, vocab_size: 300}}"},
      {"tokenizer.train.lower_case of bert", "tokenizer.train.lower_case=false"},
      {"tokenizer.train.strip_accents of bert", "tokenizer.train.strip_accents=false"},
      {"tokenizer.train.handle_chinese_chars of bert", "tokenizer.train.handle_chinese_chars=false"},
      {"tokenizer.train.limit_alphabet of bert", "tokenizer.train.limit_alphabet=12"},
      {"tokenizer.train.add_prefix_space of roberta", "tokenizer.train.add_prefix_space=true",
       "tokenizer={train: {kind: roberta, vocab_size: 300}}"},
      {"tokenizer.train.add_prefix_space of gpt2", "tokenizer.train.add_prefix_space=true", kNewGpt2},
      {"pretrain.objective", "pretrain.objective=next_token", "", "next_token"},
      {"pretrain.mask_share", "pretrain.mask_share=0.3"},
      {"pretrain.whole_word", "pretrain.whole_word=false"},
      {"pretrain.held_out", "pretrain.held_out=0.4"},
      {"pretrain.held_out_seed", "pretrain.held_out_seed=2"},
      {"train.precision", "train.precision=bf16", "", "train.precision"},
      {"train.batch_memory_mib", "train.batch_memory_mib=1", "", "train.batch_memory_mib"},
      {"train.good_per_bad", "train.good_per_bad=0.5", "", "train.good_per_bad"},
      {"train.kept_states.memory_mib", "train.kept_states.memory_mib=0", "", "train.kept_states"},
      {"train.kept_states.disk_mib", "train.kept_states.disk_mib=1", "", "train.kept_states"},
      {"train.early_stopping.metric", "train.early_stopping.metric=auc", "", "train.early_stopping.metric"},
      {"train.forgetting.texts", "train.forgetting={texts: other.csv}", "", "train.forgetting"},
      {"train.forgetting.column", "train.forgetting={texts: other.csv, column: a}", "", "train.forgetting"},
      {"train.forgetting.rows", "train.forgetting={texts: other.csv, rows: 5}", "", "train.forgetting"}};
  return cases;
}

/// Every option of rift pretrain's run.yaml. What is not in it, or no longer an option, fails
/// OptionTable.HoldsEveryOptionOfAPretrainingOnce.
inline std::vector<OptionCase> pretrain_option_cases() {
  std::vector<OptionCase> cases = own_pretrain_cases();
  for (const OptionCase& one : option_cases()) {
    const bool shared = one.option.starts_with("optim.") || one.option.starts_with("train.");
    if (shared &&
        std::ranges::find(own_pretrain_cases(), one.option, &OptionCase::option) == own_pretrain_cases().end())
      cases.push_back(one);
  }
  return cases;
}

}  // namespace rift::test
