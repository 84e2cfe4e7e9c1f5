#include "rift/models/onnx/tokens.h"

namespace rift::models {

OnnxTokens OnnxTokens::add_to(OnnxGraph& graph, bool with_types) {
  const std::vector<OnnxGraph::Size> shape = {"rows", "tokens"};
  OnnxTokens tokens;
  tokens.ids = "input_ids";
  tokens.mask = "attention_mask";
  graph.input(tokens.ids, OnnxGraph::Type::kI64, shape);
  graph.input(tokens.mask, OnnxGraph::Type::kI64, shape);
  if (with_types) {
    tokens.types = "token_type_ids";
    graph.input(tokens.types, OnnxGraph::Type::kI64, shape);
  }
  graph.enter("tokens");
  const std::string through = graph.op("CumSum", {tokens.mask, graph.whole(1)});
  tokens.positions = graph.op("Max", {graph.op("Sub", {through, graph.whole(1)}), graph.whole(0)});
  tokens.weights = graph.cast(tokens.mask, OnnxGraph::Type::kF32);
  const auto place = [&](int64_t select_last) {
    return graph.op("ArgMax", {tokens.weights},
                    {{"axis", int64_t{1}}, {"keepdims", int64_t{1}}, {"select_last_index", select_last}});
  };
  tokens.first = place(0);
  tokens.last = place(1);
  return tokens;
}

std::string read_tokens(OnnxGraph& graph, const std::string& x, const OnnxTokens& tokens, TokensRead read) {
  if (read == TokensRead::kAll) return x;
  const std::string& places = read == TokensRead::kFirst ? tokens.first : tokens.last;
  return graph.op("GatherND", {x, graph.unsqueeze(places, {-1})}, {{"batch_dims", int64_t{1}}});
}

std::string row_means(OnnxGraph& graph, const std::string& x, const OnnxTokens& tokens) {
  const std::string weights = graph.unsqueeze(tokens.weights, {-1});  // [B,T,1]
  const auto sum = [&](const std::string& of) {
    return graph.op("ReduceSum", {of, graph.wholes({1})}, {{"keepdims", int64_t{0}}});
  };
  const std::string count = graph.op("Max", {sum(weights), graph.number(1.0F)});  // a row of padding alone gives 0
  return graph.op("Div", {sum(graph.op("Mul", {x, weights})), count});
}

}  // namespace rift::models
