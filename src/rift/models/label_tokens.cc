#include "rift/models/label_tokens.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include <vector>

#include "rift/base/error.h"
#include "rift/models/architecture.h"

namespace rift::models {

at::Tensor label_token_weight(const Json& config, const std::string& source, std::span<const int32_t> class_tokens,
                              const tensor::LazyTensors& tensors) {
  const Architecture& architecture = architecture_of(config, source);
  nn::ParameterStore store;  // never sealed: no memory for weights
  const LanguageHeadSpec head = architecture.build(config, source, store).language_head;
  RIFT_REQUIRE(head.objective == LanguageObjective::kNextToken, Code::kUnsupported,
               "model.text.head: label_tokens: {} does not say the next token; take a decoder or kind: linear",
               architecture.title);
  RIFT_CHECK(head.dense.empty() && head.norm.empty() && head.bias.empty() && class_tokens.size() > 1);
  const tensor::LazyTensor* table = tensors.find(head.table.empty() ? head.own_weight : head.table);
  RIFT_REQUIRE(table != nullptr, Code::kConfig,
               "model.text.head: label_tokens: the model's files hold no language head ('{}'); set kind: linear",
               head.own_weight);
  const at::Tensor values = table->read();
  std::vector<at::Tensor> rows;
  for (const int32_t token : class_tokens) {
    RIFT_REQUIRE(0 <= token && token < values.size(0), Code::kArtefact,
                 "model.text.head: label_tokens: the tokenizer gives id {}, the language head has {} tokens; tokenizer "
                 "and weights do not belong together",
                 token, values.size(0));
    rows.push_back(values[token]);
  }
  return rows.size() == 2 ? (rows[1] - rows[0]).unsqueeze(0) : at::stack(rows);
}

void require_reading_of_label_tokens(Pooling pooling) {
  RIFT_REQUIRE(pooling == Pooling::kLast, Code::kConfig,
               "model.text.head: label_tokens: the language head says what follows the row's last token, but "
               "model.text.pooling is {}; set it to last, or the head to kind: linear",
               name_of(pooling));
}

}  // namespace rift::models
