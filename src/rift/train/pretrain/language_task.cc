#include "rift/train/pretrain/language_task.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/package/inputs.h"

namespace rift::train {
namespace {

constexpr int64_t kMostLogits = int64_t{1} << 24;  // at a time: 64 MiB
constexpr int64_t kHeldOutEpoch = -1;              // no epoch of training has these masks

at::Tensor tensor_of(std::span<const int64_t> values, const c10::Device& device) {
  auto* data = const_cast<int64_t*>(values.data());
  return at::from_blob(data, {static_cast<int64_t>(values.size())}, at::kLong).clone().to(device);
}

int64_t states_at_a_time(int64_t vocabulary) { return std::max<int64_t>(16, kMostLogits / vocabulary); }

at::Tensor sum_of_losses(const at::Tensor& logits, const at::Tensor& targets) {
  return at::cross_entropy_loss(logits, targets, {}, at::Reduction::Sum);
}

}  // namespace

double LanguageTask::weight(std::span<const int64_t> rows, const nn::ForwardContext& context) const {
  int64_t targets = 0;
  std::vector<int32_t> ids;
  for (const int64_t row : rows) {
    if (!spec_.masker) {
      targets += spec_.train.length(row) - 1;
      continue;
    }
    spec_.train.read(row, ids);
    targets += spec_.masker->count(ids, {context.seed, context.epoch, spec_.train.origin(row).key});
  }
  return static_cast<double>(targets);
}

LanguageTask::Asked LanguageTask::asked(const TokenStore& store, std::span<const int64_t> rows, uint64_t seed,
                                        int64_t epoch) const {
  Asked asked;
  tensor::TokenRows packed;
  std::vector<int32_t> ids;
  const nn::Parameter* prompt = model_.encoder.additions().prompt;
  int64_t before = 0;  // virtual tokens in the batch, this row's included
  for (const int64_t row : rows) {
    store.read(row, ids);
    const uint64_t key = store.origin(row).key;
    if (prompt != nullptr) before += prompt->shape[0];
    const auto begin = static_cast<int64_t>(packed.ids.size()) + before;
    if (spec_.masker) {
      const MaskedRow masked = spec_.masker->masked(ids, {seed, epoch, key});
      for (const int64_t place : masked.places) asked.places.push_back(begin + place);
      asked.targets.insert(asked.targets.end(), masked.hidden.begin(), masked.hidden.end());
      packed.add_row(masked.ids, key);
      continue;
    }
    for (int64_t place = 0; place + 1 < static_cast<int64_t>(ids.size()); ++place) {
      asked.places.push_back(begin + place);
    }
    asked.targets.insert(asked.targets.end(), ids.begin() + 1, ids.end());
    packed.add_row(ids, key);
  }
  asked.tokens = std::ssize(packed.ids);
  asked.batch = model_.encoder.prepared(tensor::make_packed_batch(packed, spec_.device));
  return asked;
}

PartLoss LanguageTask::add_gradient(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) {
  const Asked asked = this->asked(spec_.train, rows, context.seed, context.epoch);
  PartLoss part{.loss = {.sum = 0, .weight = static_cast<double>(asked.targets.size())}, .tokens = asked.tokens};
  if (asked.targets.empty()) return part;
  const at::Tensor states = model_.encoder.forward(asked.batch, context);
  const at::Tensor read = states.index_select(0, tensor_of(asked.places, spec_.device));
  const at::Tensor leaf = read.detach().requires_grad_(read.requires_grad());
  part.loss.sum = add_vocabulary_gradient(leaf, asked.targets, scale);
  if (std::isfinite(part.loss.sum) && leaf.requires_grad()) read.backward(leaf.grad());
  return part;
}

/// Block by block, so that the logits of a batch never stand in memory as a whole.
double LanguageTask::add_vocabulary_gradient(const at::Tensor& states, std::span<const int64_t> targets,
                                             double scale) const {
  const int64_t block = states_at_a_time(model_.head.vocabulary());
  double sum = 0;
  for (int64_t first = 0; first < states.size(0); first += block) {
    const int64_t count = std::min(block, states.size(0) - first);
    const at::Tensor logits = model_.head.logits(states.narrow(0, first, count));
    const auto wanted = targets.subspan(static_cast<size_t>(first), static_cast<size_t>(count));
    const at::Tensor loss = sum_of_losses(logits, tensor_of(wanted, spec_.device));
    sum += loss.item<double>();
    if (!std::isfinite(sum)) return sum;
    if (loss.requires_grad()) loss.mul(scale).backward();  // not while all that it depends on rests
  }
  return sum;
}

LanguageTask::Said LanguageTask::say(const at::Tensor& states, std::span<const int64_t> targets) const {
  const int64_t block = states_at_a_time(model_.head.vocabulary());
  Said said;
  for (int64_t first = 0; first < states.size(0); first += block) {
    const int64_t count = std::min(block, states.size(0) - first);
    const at::Tensor logits = model_.head.logits(states.narrow(0, first, count));
    const at::Tensor wanted =
        tensor_of(targets.subspan(static_cast<size_t>(first), static_cast<size_t>(count)), spec_.device);
    said.loss += sum_of_losses(logits, wanted).item<double>();
    said.right += logits.argmax(1).eq(wanted).sum().item<int64_t>();
  }
  return said;
}

std::optional<Evaluation> LanguageTask::evaluate() {
  if (spec_.held_out.rows() == 0) return std::nullopt;
  const at::NoGradGuard no_gradient;
  Said all;
  int64_t targets = 0;
  for (int64_t row = 0; row < spec_.held_out.rows();) {
    throw_if_interrupted();
    std::vector<int64_t> rows;
    for (int64_t tokens = 0; row < spec_.held_out.rows() && tokens < package::kTokensPerBatch; ++row) {
      rows.push_back(row);
      tokens += spec_.held_out.length(row);
    }
    const Asked asked = this->asked(spec_.held_out, rows, spec_.seed, kHeldOutEpoch);
    if (asked.targets.empty()) continue;
    const at::Tensor states = model_.encoder.forward(asked.batch, {});
    const Said said = say(states.index_select(0, tensor_of(asked.places, spec_.device)), asked.targets);
    all.loss += said.loss;
    all.right += said.right;
    targets += static_cast<int64_t>(asked.targets.size());
  }
  if (targets == 0) return std::nullopt;
  const double loss = all.loss / static_cast<double>(targets);
  RIFT_REQUIRE(std::isfinite(loss), Code::kData,
               "held-out documents: the model's loss is not finite; try a smaller optim.lr");
  return Evaluation{.metric = "loss",
                    .value = loss,
                    .higher_is_better = false,
                    .figures = {{"loss", loss},
                                {"perplexity", std::exp(loss)},
                                {"accuracy", static_cast<double>(all.right) / static_cast<double>(targets)},
                                {"tokens", targets}}};
}

bool LanguageTask::may_stay(std::string_view parameter) const { return has_no_gradient(parameter); }

}  // namespace rift::train
