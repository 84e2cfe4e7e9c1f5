#include "rift/search/importance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rift/base/random.h"

namespace rift::search {
namespace {

constexpr uint64_t kStream = uint64_t{0xF03E57} << 32;
constexpr size_t kSmallestLeaf = 2;

/// The complete trials as a table: x [N][D], NaN for an inactive parameter; y [N].
struct Table {
  std::vector<std::vector<double>> x;
  std::vector<double> y;
  std::vector<bool> categorical;  // [D]
};

Table table_of(const Space& space, std::span<const Trial> trials, size_t objective) {
  Table table;
  for (const Dimension& dimension : space.dimensions()) {
    table.categorical.push_back(dimension.distribution.is_categorical());
  }
  for (const Trial& trial : trials) {
    if (trial.state != TrialState::kComplete || trial.values.size() <= objective) continue;
    if (!std::isfinite(trial.values[objective])) continue;
    std::vector<double> row;
    for (const Dimension& dimension : space.dimensions()) {
      const auto found = trial.parameters.find(dimension.name);
      row.push_back(found == trial.parameters.end() ? std::numeric_limits<double>::quiet_NaN() : found->second.value);
    }
    table.x.push_back(std::move(row));
    table.y.push_back(trial.values[objective]);
  }
  return table;
}

/// A question to a row: is the parameter inactive, is it this choice, is it below this value.
struct Question {
  size_t parameter = 0;
  enum class Kind { kInactive, kIs, kBelow } kind = Kind::kBelow;
  double value = 0.0;
  bool holds(double x) const {
    if (kind == Kind::kInactive) return std::isnan(x);
    return kind == Kind::kIs ? x == value : x < value;  // neither holds of an inactive one
  }
};

/// A regression tree that is grown until its leaves are small: at each node the question, among all, that leaves the
/// least squared error. What makes the trees differ is the draw of the rows.
class Tree {
 public:
  Tree(const Table& table, std::vector<size_t> rows) : table_(table) { grow(std::move(rows)); }

  template <class Value>
  double predict(const Value& value_of) const {
    size_t at = 0;
    while (nodes_[at].yes != 0) {
      const Node& node = nodes_[at];
      at = node.question.holds(value_of(node.question.parameter)) ? node.yes : node.no;
    }
    return nodes_[at].mean;
  }

 private:
  struct Node {
    Question question;
    size_t yes = 0, no = 0;  // 0 = a leaf
    double mean = 0.0;
  };

  size_t grow(std::vector<size_t> rows) {
    const size_t at = nodes_.size();
    nodes_.emplace_back();
    double sum = 0.0;
    for (const size_t row : rows) sum += table_.y[row];
    nodes_[at].mean = sum / static_cast<double>(rows.size());
    const std::optional<Question> question = best_question(rows);
    if (!question) return at;
    std::vector<size_t> yes, no;
    for (const size_t row : rows) (question->holds(table_.x[row][question->parameter]) ? yes : no).push_back(row);
    nodes_[at].question = *question;
    const size_t yes_at = grow(std::move(yes));
    nodes_[at].yes = yes_at;
    const size_t no_at = grow(std::move(no));
    nodes_[at].no = no_at;
    return at;
  }

  std::vector<Question> questions(const std::vector<size_t>& rows, size_t parameter) const {
    std::vector<double> values;
    bool some_inactive = false;
    for (const size_t row : rows) {
      const double x = table_.x[row][parameter];
      std::isnan(x) ? void(some_inactive = true) : values.push_back(x);
    }
    std::ranges::sort(values);
    const auto end = std::ranges::unique(values).begin();
    values.erase(end, values.end());
    std::vector<Question> all;
    if (some_inactive && !values.empty()) all.push_back({parameter, Question::Kind::kInactive, 0.0});
    for (size_t i = 0; i < values.size(); ++i) {
      if (table_.categorical[parameter])
        all.push_back({parameter, Question::Kind::kIs, values[i]});
      else if (i > 0)
        all.push_back({parameter, Question::Kind::kBelow, std::midpoint(values[i - 1], values[i])});
    }
    return all;
  }

  /// nullopt when no question leaves two leaves that are large enough and differ.
  std::optional<Question> best_question(const std::vector<size_t>& rows) const {
    if (rows.size() < 2 * kSmallestLeaf) return std::nullopt;
    double total = 0.0;
    for (const size_t row : rows) total += table_.y[row];
    const auto n = static_cast<double>(rows.size());
    std::optional<Question> best;
    double most = total * total / n * (1 + 1e-12) + 1e-300;
    for (size_t parameter = 0; parameter < table_.categorical.size(); ++parameter) {
      for (const Question& question : questions(rows, parameter)) {
        double sum = 0.0, count = 0.0;
        for (const size_t row : rows) {
          if (!question.holds(table_.x[row][parameter])) continue;
          sum += table_.y[row];
          ++count;
        }
        if (count < kSmallestLeaf || n - count < kSmallestLeaf) continue;
        const double gain = sum * sum / count + (total - sum) * (total - sum) / (n - count);
        if (gain <= most) continue;
        most = gain;
        best = question;
      }
    }
    return best;
  }

  const Table& table_;
  std::vector<Node> nodes_;
};

/// Adds to `rise` [D] by how much one tree's squared error on its unseen rows grows.
void add_tree(const Table& table, const CounterRandom& random, std::vector<double>& rise) {
  const size_t rows = table.y.size();
  std::vector<size_t> drawn(rows), unseen;
  std::vector<bool> is_drawn(rows, false);
  for (size_t i = 0; i < rows; ++i) {
    drawn[i] = random.below(i, rows);
    is_drawn[drawn[i]] = true;
  }
  for (size_t i = 0; i < rows; ++i) {
    if (!is_drawn[i]) unseen.push_back(i);
  }
  if (unseen.size() < 2) return;
  const Tree tree(table, std::move(drawn));
  const auto error = [&](size_t row, double said) { return (said - table.y[row]) * (said - table.y[row]); };
  for (size_t d = 0; d < rise.size(); ++d) {
    std::vector<size_t> other = unseen;  // whose value of d each unseen row gets
    for (size_t i = other.size(); i > 1; --i) {
      std::swap(other[i - 1], other[random.below(rows + d * rows + i, i)]);
    }
    for (size_t i = 0; i < unseen.size(); ++i) {
      const std::vector<double>& own = table.x[unseen[i]];
      const double as_is = tree.predict([&](size_t p) { return own[p]; });
      const double exchanged = tree.predict([&](size_t p) { return p == d ? table.x[other[i]][p] : own[p]; });
      rise[d] += error(unseen[i], exchanged) - error(unseen[i], as_is);
    }
  }
}

}  // namespace

std::vector<Importance> importance_of(const Space& space, std::span<const Trial> trials, size_t objective,
                                      const ImportanceOptions& options) {
  const Table table = table_of(space, trials, objective);
  if (static_cast<int64_t>(table.y.size()) < options.fewest_trials) return {};
  std::vector<double> rise(space.dimensions().size(), 0.0);
  for (int64_t t = 0; t < options.trees; ++t) {
    add_tree(table, CounterRandom(options.seed, kStream + static_cast<uint64_t>(t)), rise);
  }
  double sum = 0.0;
  for (double& one : rise) sum += one = std::max(one, 0.0);
  std::vector<Importance> all;
  for (size_t d = 0; d < rise.size(); ++d) {
    all.push_back({space.dimensions()[d].name, sum > 0.0 ? rise[d] / sum : 0.0});
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, &Importance::share);
  return all;
}

}  // namespace rift::search
