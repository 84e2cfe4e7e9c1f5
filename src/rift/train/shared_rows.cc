#include "rift/train/shared_rows.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/package/text_scorer.h"
#include "rift/tensor/aten_threads.h"
#include "rift/train/row_store.h"

namespace rift::train {
namespace {

constexpr int64_t kRowsPerBlock = 1024;

const package::TextScorer& text_scorer(const score::Scorer& scorer) {
  const auto* of_texts = dynamic_cast<const package::TextScorer*>(&scorer);
  RIFT_CHECK(of_texts != nullptr);
  return *of_texts;
}

}  // namespace

SharedRows::SharedRows(const data::Dataset& dataset, std::vector<int64_t> rows)
    : store_(std::make_unique<RowStore>(dataset, std::move(rows))) {}
SharedRows::~SharedRows() = default;

const SharedRows::Work& SharedRows::work() const { return store_->work(); }

score::RawScores SharedRows::score(const score::Scorer& scorer, std::span<const int64_t> rows) {
  return text_scorer(scorer).score(store_->encoded(rows));
}

score::RawScores SharedRows::score_frozen(const score::Scorer& scorer, std::span<const int64_t> rows) {
  const package::TextScorer& texts = text_scorer(scorer);
  const models::TextClassifier& model = texts.model();
  const c10::Device& device = texts.spec().device;
  // Where fine_tune() had no room for all rows, there is nothing to go on with.
  const at::Tensor read = store_->read_before(rows);
  if (!read.defined()) return score(scorer, rows);
  tensor::apply_threads();
  const at::NoGradGuard no_gradient;
  const package::EncodedRows encoded = store_->encoded(rows);
  std::vector<double> logits;
  std::vector<int64_t> block;
  for (int64_t first = 0; first < encoded.rows(); first += kRowsPerBlock) {
    throw_if_interrupted();
    block.resize(static_cast<size_t>(std::min(kRowsPerBlock, encoded.rows() - first)));
    std::iota(block.begin(), block.end(), first);
    const tensor::PackedBatch batch = package::make_batch(encoded, block, device);
    const at::Tensor pooled = model.pool_read(read.slice(0, first, first + batch.rows), batch, {});
    const at::Tensor said = model.classify(pooled, batch, {}).cpu().contiguous();
    logits.insert(logits.end(), said.const_data_ptr<float>(), said.const_data_ptr<float>() + said.numel());
  }
  return texts.scores_of(std::move(logits));
}

}  // namespace rift::train
