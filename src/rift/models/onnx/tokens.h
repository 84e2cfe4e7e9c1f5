#pragma once

#include <string>

#include "rift/models/onnx/graph.h"
#include "rift/nn/tokens_read.h"

namespace rift::models {

using nn::TokensRead;

/// The rows that a text model reads, B of T places each. Padding may stand anywhere: a row gives what it gives alone.
struct OnnxTokens {
  std::string ids;        // [B,T] i64
  std::string types;      // [B,T] i64, "" where the model does not tell types apart
  std::string mask;       // [B,T] i64: 1 = a token, 0 = padding
  std::string weights;    // [B,T] f32: the mask
  std::string positions;  // [B,T] i64: number of the token within its row, from 0, padding not counted
  std::string first;      // [B,1] i64: place of the row's first token
  std::string last;       // [B,1] i64: place of its last token

  /// Adds the graph's inputs input_ids, attention_mask and, with types, token_type_ids: [rows,tokens] each.
  static OnnxTokens add_to(OnnxGraph& graph, bool with_types);
};

/// The tokens of x [B,T,...] that are read: x itself, or [B,1,...].
std::string read_tokens(OnnxGraph& graph, const std::string& x, const OnnxTokens& tokens, TokensRead read);
/// Mean of x [B,T,D] over each row's tokens -> [B,D].
std::string row_means(OnnxGraph& graph, const std::string& x, const OnnxTokens& tokens);

}  // namespace rift::models
