#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "rift/base/random.h"
#include "rift/nn/engine/memory.h"
#include "rift/train/task.h"

namespace rift::test {

/// Least squares by hand: rows x [N,2] with y = 3 x0 - 2 x1 + 1, parameters "slope" [2] and "intercept" [1]. What the
/// loop does with it is computed in the tests a second time.
class ToyTask final : public train::TrainingTask {
 public:
  explicit ToyTask(int64_t rows = 10) : rows_(rows) {
    slope_ = &store_.add("slope", {2});
    intercept_ = &store_.add("intercept", {1});
    store_.seal();
    weights.assign(static_cast<size_t>(rows), 1.0);
  }

  double x(int64_t row, int64_t feature) const {
    return CounterRandom(5, 9).normal(static_cast<uint64_t>(row * 2 + feature));
  }
  double y(int64_t row) const { return 3 * x(row, 0) - 2 * x(row, 1) + 1; }

  int64_t rows() const override { return rows_; }
  double weight(int64_t row) const { return weights[static_cast<size_t>(row)]; }
  double weight(std::span<const int64_t> rows, const nn::ForwardContext&) const override {
    double sum = 0;
    for (const int64_t row : rows) sum += weight(row);
    return sum;
  }
  int64_t source_row(int64_t row) const override { return 100 + row; }
  nn::ParameterStore& parameters() override { return store_; }

  train::PartLoss add_gradient(std::span<const int64_t> rows, const nn::ForwardContext&, double scale) override {
    if (on_part) on_part();
    if (static_cast<int64_t>(rows.size()) > most_rows) throw nn::engine::OutOfMemory(size_t{1} << 30);
    parts.emplace_back(rows.begin(), rows.end());
    train::PartLoss part;
    const std::span<const float> theta = std::as_const(store_).values<float>();
    const std::span<float> gradient = store_.gradients<float>();
    const auto at = [](const nn::Parameter* parameter, int64_t i) {
      return static_cast<size_t>(parameter->offset + i);
    };
    for (const int64_t row : rows) {
      const double w = weight(row);
      const double said =
          theta[at(slope_, 0)] * x(row, 0) + theta[at(slope_, 1)] * x(row, 1) + theta[at(intercept_, 0)];
      const double error = row == poisoned ? std::nan("") : said - y(row);
      part.loss.sum += w * error * error;
      part.loss.weight += w;
      part.tokens += 2;
      for (int64_t i = 0; i < 2; ++i) gradient[at(slope_, i)] += static_cast<float>(scale * w * 2 * error * x(row, i));
      if (reaches_intercept) gradient[at(intercept_, 0)] += static_cast<float>(scale * w * 2 * error);
    }
    return part;
  }

  bool validates() const override { return !verdicts.empty() || verdict; }
  std::optional<train::Evaluation> evaluate() override {
    if (on_evaluate) on_evaluate();
    if (!validates()) return std::nullopt;
    if (verdict) return train::Evaluation{"loss", verdict(), false, Json{{"loss", verdict()}}, forgetting};
    const double value = verdicts[std::min(evaluations, verdicts.size() - 1)];
    ++evaluations;
    return train::Evaluation{"loss", value, false, Json{{"loss", value}}, forgetting};
  }

  bool may_stay(std::string_view) const override { return false; }

  std::vector<float> theta() const {
    const auto values = store_.values<float>();
    return {values.begin(), values.end()};
  }

  std::vector<double> weights;      // [N]
  std::vector<double> verdicts;     // what evaluate() says, in order; the last one again and again
  std::function<double()> verdict;  // instead of them
  Json forgetting;                  // what evaluations say beside that
  size_t evaluations = 0;           // asked for so far
  int64_t most_rows = 1000;         // of a part that memory suffices for
  int64_t poisoned = -1;            // row with a NaN loss
  bool reaches_intercept = true;    // false: no gradient reaches it
  std::function<void()> on_part;    // called at the start of each part
  std::function<void()> on_evaluate;
  std::vector<std::vector<int64_t>> parts;  // rows of every call

 private:
  int64_t rows_;
  nn::ParameterStore store_;
  const nn::Parameter* slope_;
  const nn::Parameter* intercept_;
};

}  // namespace rift::test
