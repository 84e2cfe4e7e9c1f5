#include "rift/models/text_classifier.h"

#include "rift/base/error.h"
#include "rift/models/onnx/tokens.h"

namespace rift::models {

std::string TextClassifier::describe_pooled(OnnxGraph& graph, const OnnxTokens& tokens,
                                            const std::string& states) const {
  const auto one = [&](const std::string& x) {
    return graph.op("Squeeze", {x, graph.wholes({1})});
  };  // [B,1,D] -> [B,D]
  switch (pooling_) {
    case Pooling::kPooler: {
      const std::string read = own_head_.reads_mean ? row_means(graph, states, tokens) : one(states);
      return graph.pool(*pooler_, read);
    }
    case Pooling::kCls:
    case Pooling::kLast:
      return one(states);
    case Pooling::kMean:
      return row_means(graph, states, tokens);
    case Pooling::kAutomatic:
      break;
  }
  RIFT_FAIL(Code::kBug, "pooling was not resolved");
}

std::string TextClassifier::describe(OnnxGraph& graph) const {
  const OnnxTokens tokens = OnnxTokens::add_to(graph, encoder_->sizes().token_types > 0);
  const std::string states = encoder_->describe(graph, tokens, tokens_read());
  graph.enter("head");
  return graph.linear(classifier_, describe_pooled(graph, tokens, states));
}

}  // namespace rift::models
