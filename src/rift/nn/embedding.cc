#include "rift/nn/embedding.h"

#include <ATen/Dispatch.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "rift/base/threads.h"
#include "rift/nn/kernels/kernels.h"

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kColumnsOfPart = 64;

/// gradient[ids[s],:] += d[s,:], token after token: columns are dealt to threads, so that the order of a sum does not
/// depend on them.
void add_rows(const at::Tensor& ids, const at::Tensor& d, const at::Tensor& gradient) {
  const auto* id = ids.const_data_ptr<int64_t>();
  const int64_t tokens = d.size(0), width = d.size(1);
  AT_DISPATCH_FLOATING_TYPES(d.scalar_type(), "embedding_backward", [&] {
    const auto* from = d.const_data_ptr<scalar_t>();
    auto* to = gradient.mutable_data_ptr<scalar_t>();
    parallel_for(width, kColumnsOfPart, [&](int64_t first, int64_t last) {
      for (int64_t s = 0; s < tokens; ++s) {
        for (int64_t c = first; c < last; ++c) to[id[s] * width + c] += from[s * width + c];
      }
    });
  });
}

/// ATen's gradient of a lookup is a tensor as large as the table, made and added up in every step. This one adds the
/// tokens' rows to the parameter's gradient itself.
struct RowLookup : torch::autograd::Function<RowLookup> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& weight, const at::Tensor& ids) {
    context->save_for_backward({ids});
    context->saved_data["gradient"] = weight.grad();
    return at::embedding(weight, ids);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    add_rows(context->get_saved_variables()[0], gradients[0].contiguous(), context->saved_data["gradient"].toTensor());
    return {at::Tensor(), at::Tensor()};
  }
};

/// Tokens of one thread's loop whose sums lie in its cache.
constexpr int64_t kTokensAtATime = 32;

/// The rows `ids` of a table that is held frozen.
at::Tensor read_rows(const FrozenMatrix& table, const at::Tensor& ids) {
  const auto* id = ids.const_data_ptr<int64_t>();
  const auto width = static_cast<size_t>(table.columns());
  at::Tensor out = at::empty({ids.size(0), table.columns()}, at::kFloat);
  auto* to = out.mutable_data_ptr<float>();
  parallel_for(ids.size(0), kTokensAtATime, [&](int64_t first, int64_t last) {
    for (int64_t s = first; s < last; ++s) {
      table.read_rows(id[s], id[s] + 1, {to + static_cast<size_t>(s) * width, width});
    }
  });
  return out;
}

/// What embed_tokens() reads, as plain pointers.
struct TokenSources {
  const float* table;
  const int64_t* rows;
  kernels::Rows<const float> row(int64_t token, int64_t width) const { return {table + rows[token] * width, width}; }
};

TokenSources sources_of(const Embedding& embedding, const at::Tensor& rows) {
  return {embedding.weight->view.const_data_ptr<float>(), rows.const_data_ptr<int64_t>()};
}

}  // namespace

Embedding Embedding::add_to(ParameterStore& store, const std::string& name, int64_t count, int64_t width) {
  return {&store.add_table(name + ".weight", {count, width})};
}

bool embeds_tokens(const TokenTables& tables) {
  const auto held_frozen = [](const Embedding* table) { return table != nullptr && table->weight->frozen; };
  if (held_frozen(&tables.words) || held_frozen(tables.types) || held_frozen(&tables.positions)) return false;
  const at::Tensor& words = tables.words.weight->view;
  return words.is_cpu() && words.scalar_type() == at::kFloat && words.size(1) % kernels::kBlock == 0;
}

at::Tensor embed_tokens(const TokenTables& tables, const tensor::PackedBatch& batch, const at::Tensor& positions) {
  const int64_t width = tables.words.weight->shape[1];
  const TokenSources words = sources_of(tables.words, batch.ids), places = sources_of(tables.positions, positions);
  std::optional<TokenSources> types;
  if (tables.types != nullptr) types = sources_of(*tables.types, batch.type_ids);
  const auto& kernels = kernels::kernels<float>();
  const std::vector<float> no_bias(static_cast<size_t>(width));
  at::Tensor out = at::empty({batch.tokens, width}, at::kFloat);
  auto* to = out.mutable_data_ptr<float>();
  parallel_for(batch.tokens, kTokensAtATime, [&](int64_t first, int64_t last) {
    std::vector<float> sum(static_cast<size_t>(kTokensAtATime * width)), place(sum.size());
    for (int64_t token = first; token < last; token += kTokensAtATime) {
      const int64_t count = std::min(kTokensAtATime, last - token);
      for (int64_t i = 0; i < count; ++i) {
        const kernels::Rows<float> own{sum.data() + i * width, width};
        kernels.copy(words.row(token + i, width), 1, width, own);
        if (types) kernels.add_f32(types->row(token + i, width), 1, width, own);
        kernels.copy(places.row(token + i, width), 1, width, {place.data() + i * width, width});
      }
      kernels.add_norm({.rows = count,
                        .width = width,
                        .y = sum.data(),
                        .bias = no_bias.data(),
                        .residual = place.data(),
                        .weight = tables.norm.weight->view.const_data_ptr<float>(),
                        .shift = tables.norm.bias->view.const_data_ptr<float>(),
                        .epsilon = static_cast<float>(tables.norm.epsilon),
                        .out = to + token * width});
    }
  });
  return out;
}

at::Tensor Embedding::forward(const at::Tensor& ids) const {
  if (weight->frozen) return read_rows(*weight->frozen, ids);
  return weight->trainable && ids.is_cpu() ? RowLookup::apply(weight->view, ids) : at::embedding(weight->view, ids);
}

}  // namespace rift::nn
