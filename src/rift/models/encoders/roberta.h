#pragma once

#include <cstdint>
#include <string_view>

#include "rift/models/encoders/bert.h"

/// RoBERTa (arXiv:1907.11692) and XLM-RoBERTa (arXiv:1911.02116), equal to transformers' classes for sequence
/// classification: BERT's layers, positions that count from pad_token_id + 1, and a head of its own.
namespace rift::models {

/// config.json of a RoBERTa: BERT's keys (RobertaConfig).
struct RobertaOptions {
  BertOptions bert;
  int64_t pad_token_id = 1;

  template <class V>
  void visit(V& v) {
    bert.visit(v);
    v("pad_token_id", pad_token_id, "Id of padding; the first position is the next number.", in_range(0, 65533));
  }
};

/// Throws as read_config() does.
RobertaOptions read_roberta_options(const Json& config, std::string_view source, std::string_view title);

extern const Architecture kRoberta;
extern const Architecture kXlmRoberta;

}  // namespace rift::models
