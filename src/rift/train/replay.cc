#include "rift/train/replay.h"

#include <algorithm>

#include "rift/nn/engine/memory.h"

namespace rift::train {
namespace {

constexpr uint64_t kOwnOrder = 0x7265706c6179;  // another order than the training rows', and other masks

RowPlan plan_of(int64_t rows, int64_t batch_rows) {
  const int64_t of_step = std::min(rows, batch_rows);
  return {.rows = rows,
          .rows_per_part = of_step,
          .rows_per_step = of_step,
          .steps_per_epoch = (rows + of_step - 1) / of_step};
}

const OwnLanguage& required(const OwnLanguage& language) {
  language.require_gradient("replay");
  return language;
}

}  // namespace

Replay::Replay(const Spec& spec)
    : task_({.train = spec.texts.rows(),
             .held_out = spec.texts.none(),
             .masker = spec.language.masker(),
             .device = spec.device},
            required(spec.language).parts()),
      order_(plan_of(spec.texts.rows().rows(), spec.batch_rows), spec.seed ^ kOwnOrder, Shuffle::kCounted) {}

/// In halves where memory does not suffice: the gradient is the same sum.
PartLoss Replay::add_part(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) {
  try {
    return task_.add_gradient(rows, context, scale);
  } catch (const nn::engine::OutOfMemory&) {
    if (rows.size() == 1) throw;
  }
  PartLoss sum = add_part(rows.first(rows.size() / 2), context, scale);
  const PartLoss rest = add_part(rows.subspan(rows.size() / 2), context, scale);
  sum.loss.sum += rest.loss.sum;
  sum.loss.weight += rest.loss.weight;
  return sum;
}

double Replay::add_gradient(int64_t step, nn::ForwardContext context, double lambda) {
  context.seed ^= kOwnOrder;
  context.epoch = order_.epoch_of(step);
  const std::span<const int64_t> rows = order_.rows_of(step);
  const double tokens = task_.weight(rows, context);
  if (tokens == 0) return 0.0;  // texts without a token that could be asked for
  return add_part(rows, context, lambda / tokens).loss.sum / tokens;
}

}  // namespace rift::train
