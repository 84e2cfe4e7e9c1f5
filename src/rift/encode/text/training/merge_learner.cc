#include "rift/encode/text/training/merge_learner.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {
namespace {

/// Left and right id in one number, so that numbers are in the order of (left, right).
using Pair = uint64_t;
Pair pair_of(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}
int32_t left_of(Pair pair) { return static_cast<int32_t>(pair >> 32); }
int32_t right_of(Pair pair) { return static_cast<int32_t>(pair & UINT32_MAX); }

struct PairHash {
  size_t operator()(Pair pair) const { return (pair * 0x9E3779B97F4A7C15u) >> 16; }
};

/// A pair that may merge in some words. Its count may be out of date.
struct Candidate {
  int64_t count = 0;
  Pair pair = 0;
  std::vector<uint32_t> words;
};

struct IsLater {
  bool operator()(const Candidate& a, const Candidate& b) const {
    if (a.count != b.count) return a.count < b.count;
    return a.pair > b.pair;
  }
};

class MergeLearner {
 public:
  explicit MergeLearner(MergeLearning learning) : work_(std::move(learning)) {
    for (size_t id = 0; id < work_.tokens.size(); ++id) ids_.emplace(work_.tokens[id], static_cast<int32_t>(id));
  }

  LearnedMerges run() {
    for (uint32_t at = 0; at < work_.words.size(); ++at) {
      const auto& symbols = work_.words[at].symbols;
      for (size_t i = 0; i + 1 < symbols.size(); ++i) change(pair_of(symbols[i], symbols[i + 1]), 1, at);
    }
    push_found();
    while (static_cast<int64_t>(work_.tokens.size()) < work_.vocab_size && !heap_.empty()) {
      Candidate best = pop();
      if (const int64_t now = counts_[best.pair]; best.count != now) {
        best.count = now;
        push(std::move(best));
        continue;
      }
      if (best.count < std::max<int64_t>(work_.min_frequency, 1)) break;
      merge(best);
    }
    return {std::move(work_.tokens), std::move(merges_)};
  }

 private:
  Candidate pop() {
    std::ranges::pop_heap(heap_, IsLater());
    Candidate best = std::move(heap_.back());
    heap_.pop_back();
    return best;
  }

  void push(Candidate candidate) {
    heap_.push_back(std::move(candidate));
    std::ranges::push_heap(heap_, IsLater());
  }

  void change(Pair pair, int64_t times, uint32_t word) {
    counts_[pair] += times * work_.words[word].count;
    if (times < 0) return;
    auto& words = found_[pair];
    if (words.empty() || words.back() != word) words.push_back(word);
  }

  /// Each pair comes here once: new neighbours are a token that was not there before. So the heap's order is a total
  /// one, and it does not matter in which order the pairs are put into it.
  void push_found() {
    for (auto& [pair, words] : found_) {
      const int64_t count = counts_[pair];
      const size_t bytes = work_.tokens[static_cast<size_t>(left_of(pair))].size() +
                           work_.tokens[static_cast<size_t>(right_of(pair))].size();
      if (count > 0 && bytes <= kLongestToken) push({count, pair, std::move(words)});
    }
    found_.clear();
  }

  int32_t token_of(Pair pair) {
    const std::string& left = work_.tokens[static_cast<size_t>(left_of(pair))];
    std::string_view right = work_.tokens[static_cast<size_t>(right_of(pair))];
    if (right.starts_with(work_.prefix)) right.remove_prefix(work_.prefix.size());
    std::string token = left;
    token += right;
    const auto [place, added] = ids_.emplace(std::move(token), static_cast<int32_t>(work_.tokens.size()));
    if (added) work_.tokens.push_back(place->first);
    return place->second;
  }

  void merge(const Candidate& best) {
    const int32_t whole = token_of(best.pair);
    merges_.emplace_back(left_of(best.pair), right_of(best.pair));
    for (const uint32_t word : best.words) merge_in(word, best.pair, whole);
    push_found();
  }

  void merge_in(uint32_t word, Pair pair, int32_t whole) {
    const int32_t left = left_of(pair), right = right_of(pair);
    auto& symbols = work_.words[word].symbols;
    size_t to = 0;
    for (size_t from = 0; from < symbols.size();) {
      const bool is_pair = symbols[from] == left && from + 1 < symbols.size() && symbols[from + 1] == right;
      if (!is_pair) {
        symbols[to++] = symbols[from++];
        continue;
      }
      if (to > 0) {
        change(pair_of(symbols[to - 1], left), -1, word);
        change(pair_of(symbols[to - 1], whole), 1, word);
      }
      from += 2;
      if (from < symbols.size()) {
        change(pair_of(right, symbols[from]), -1, word);
        change(pair_of(whole, symbols[from]), 1, word);
      }
      symbols[to++] = whole;
    }
    symbols.resize(to);
  }

  MergeLearning work_;
  std::unordered_map<std::string, int32_t> ids_;
  std::unordered_map<Pair, int64_t, PairHash> counts_;
  std::unordered_map<Pair, std::vector<uint32_t>, PairHash> found_;  // since the last push: where pairs came to be
  std::vector<Candidate> heap_;
  std::vector<std::pair<int32_t, int32_t>> merges_;
};

}  // namespace

LearnedMerges learn_merges(MergeLearning learning) { return MergeLearner(std::move(learning)).run(); }

}  // namespace rift::encode::text
