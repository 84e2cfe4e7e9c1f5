#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/models/text_classifier.h"
#include "rift/package/inputs.h"
#include "rift/train/kept_states.h"
#include "rift/train/shared_rows.h"

namespace rift::train {

/// What the pooling reads of each row, [N,D] on `device`, before a pooler, which may train: what a frozen encoder says.
at::Tensor read_rows(const models::TextClassifier& model, const package::EncodedRows& rows, const c10::Device& device);

/// The inside of SharedRows. Everything is computed for all rows at once, when it is first asked for, so that the
/// numbers do not depend on which fits ask.
class RowStore {
 public:
  RowStore(const data::Dataset& dataset, std::vector<int64_t> rows);

  /// What the rows are made with; `made_from`: settings and weights as text, always the same.
  void use(const package::TextInputs& inputs, const std::string& made_from);
  bool in_use() const { return encoded_.has_value(); }
  /// Some of the rows, in this order.
  package::EncodedRows encoded(std::span<const int64_t> rows);
  /// read_rows() of some of them; undefined where all rows would take more than `memory_bytes`.
  at::Tensor read(const models::TextClassifier& model, std::span<const int64_t> rows, const c10::Device& device,
                  int64_t memory_bytes);
  /// What read() computed before, of some rows; undefined where it has not.
  at::Tensor read_before(std::span<const int64_t> rows);
  /// States of frozen lower layers, by place.
  std::shared_ptr<KeptStates> kept(int64_t layers, nn::Precision precision, const KeptBudget& budget);
  /// The places of some rows, for kept(). RIFT_CHECK for a row that is none of these.
  std::vector<int64_t> places(std::span<const int64_t> rows) const;

  const SharedRows::Work& work() const { return work_; }

 private:
  const data::Dataset& dataset_;
  std::vector<int64_t> rows_;
  std::vector<int64_t> place_;  // [N of the data set], -1 where none
  std::string made_from_;
  std::optional<package::EncodedRows> encoded_;
  at::Tensor read_;  // [rows,D]
  std::shared_ptr<KeptStates> kept_;
  SharedRows::Work work_;
};

}  // namespace rift::train
