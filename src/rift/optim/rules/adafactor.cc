// Source: arXiv:1804.04235, algorithms 4 and 5, with the details of torch.optim.Adafactor.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rift/optim/rule.h"

namespace rift::optim {
namespace {

using nn::kernels::Update;

template <class T>
double root_mean_square(const T* values, int64_t size) {
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  return std::sqrt(sum / static_cast<double>(size));
}

template <class T>
class AdafactorRule final : public Rule<T> {
 public:
  explicit AdafactorRule(const AdafactorOptions& options) : options_(options) {}

  /// A number for each row and each column of a matrix; for each element of a vector.
  typename Rule<T>::Kept kept(const Slice& slice) const override {
    if (slice.columns == 0) return {.first = slice.size};
    return {.first = slice.size / slice.columns, .second = slice.size / slice.rows};
  }

  bool elementwise() const override { return false; }

  void begin_step(int64_t step) override {
    new_share_ = std::pow(static_cast<double>(step), options_.beta2_decay);
    largest_rate_ = 1.0 / std::sqrt(static_cast<double>(step));
  }

  void update(Update<T> stretch, const Slice& slice) const override {
    const int64_t size = stretch.pulled.size;
    std::vector<T> along(static_cast<size_t>(size));  // of its own: the values are about to shrink
    nn::kernels::updates<T>().counted(stretch, along.data());
    const double rate = std::min(static_cast<double>(stretch.lr), largest_rate_);
    const double scale = std::max(options_.least_scale, root_mean_square(stretch.theta, size)) * rate;
    const T shrink = T(1) - stretch.lr * stretch.decay;
    if (slice.columns == 0) {
      divide_by_root(along, stretch.first);
    } else {
      const int64_t matrix = slice.rows * slice.columns;
      for (int64_t m = 0; m < size / matrix; ++m) {
        divide_by_factored_root(along.data() + m * matrix, stretch.first + m * slice.rows,
                                stretch.second + m * slice.columns, slice);
      }
    }
    const double too_large = root_mean_square(along.data(), size) / options_.largest_update;
    const T by = static_cast<T>(scale / std::max(1.0, too_large));
    for (int64_t i = 0; i < size; ++i) {
      stretch.theta[i] = stretch.theta[i] * shrink - by * along[static_cast<size_t>(i)];
    }
  }

  /// In proportion to the parameter's size, which is this at least.
  double least_step(double) const override { return options_.least_scale; }

  /// A whole slice without any gradient would still shrink its state.
  std::optional<T> idle_factor(T, T) const override { return std::nullopt; }

 private:
  static constexpr T kLeast = std::numeric_limits<T>::epsilon();  // epsilon 1; squares are at least its square

  T newer(T old, double square) const {
    return static_cast<T>(static_cast<double>(old) + new_share_ * (square - static_cast<double>(old)));
  }

  void divide_by_root(std::vector<T>& gradient, T* squares) const {
    for (size_t i = 0; i < gradient.size(); ++i) {
      squares[i] = newer(squares[i], static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]));
      gradient[i] /= std::sqrt(std::max(squares[i], kLeast * kLeast));
    }
  }

  /// The square of element (r, c) is taken as rows[r] * columns[c] / mean of rows.
  void divide_by_factored_root(T* gradient, T* rows, T* columns, const Slice& slice) const {
    std::vector<double> of_columns(static_cast<size_t>(slice.columns));
    double mean = 0;
    for (int64_t r = 0; r < slice.rows; ++r) {
      double of_row = 0;
      for (int64_t c = 0; c < slice.columns; ++c) {
        const auto g = static_cast<double>(gradient[r * slice.columns + c]);
        of_row += g * g;
        of_columns[static_cast<size_t>(c)] += g * g;
      }
      rows[r] = newer(rows[r], of_row / static_cast<double>(slice.columns));
      mean += static_cast<double>(rows[r]) / static_cast<double>(slice.rows);
    }
    for (int64_t c = 0; c < slice.columns; ++c) {
      columns[c] = newer(columns[c], of_columns[static_cast<size_t>(c)] / static_cast<double>(slice.rows));
    }
    const T divisor = std::max(static_cast<T>(mean), kLeast);
    for (int64_t r = 0; r < slice.rows; ++r) {
      for (int64_t c = 0; c < slice.columns; ++c) {
        gradient[r * slice.columns + c] /= std::sqrt(std::max(rows[r] * columns[c] / divisor, kLeast * kLeast));
      }
    }
  }

  AdafactorOptions options_;
  double new_share_ = 1;  // of this step's squares
  double largest_rate_ = 1;
};

}  // namespace

template <class T>
std::unique_ptr<Rule<T>> make_rule(const AdafactorOptions& options) {
  return std::make_unique<AdafactorRule<T>>(options);
}

template std::unique_ptr<Rule<float>> make_rule(const AdafactorOptions&);
template std::unique_ptr<Rule<double>> make_rule(const AdafactorOptions&);

}  // namespace rift::optim
