#include "rift/encode/text/pipeline/merge_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

namespace rift::encode::text {
namespace {

constexpr size_t kFew = 32;  // symbols of which the lowest pair is found by looking at all

constexpr uint32_t kNone = UINT32_MAX;

/// Symbols in a list, so that one goes without moving the others.
struct Node {
  int32_t id = 0;
  uint32_t bytes = 0;  // 0: merged into the one before it
  uint32_t last = kNone, next = kNone;
};

struct Candidate {
  uint32_t rank = 0, place = 0;
  /// For a queue whose top is the lowest rank, then the leftmost.
  bool operator<(const Candidate& other) const { return rank != other.rank ? rank > other.rank : place > other.place; }
};

/// Finalizer of MurmurHash3 (Appleby): each bit of the number changes about half of the others.
uint64_t mixed(uint64_t number) {
  number = (number ^ number >> 33) * 0xFF51AFD7ED558CCDu;
  number = (number ^ number >> 33) * 0xC4CEB9FE1A85EC53u;
  return number ^ number >> 33;
}

/// The same for the same merges, another when any of them is another.
uint64_t multiplier_of(const std::vector<MergeTable::Merge>& merges) {
  uint64_t all = merges.size();
  for (const auto& merge : merges) {
    const uint64_t pair =
        static_cast<uint64_t>(static_cast<uint32_t>(merge.left)) << 32 | static_cast<uint32_t>(merge.right);
    all = mixed(all ^ pair);
  }
  return mixed(all) | 1;
}

}  // namespace

MergeTable::MergeTable(const std::vector<Merge>& merges)
    : bits_(std::bit_width(2 * merges.size() + 1)), multiplier_(multiplier_of(merges)), slots_(size_t{1} << bits_) {
  uint32_t rank = 0;
  for (const Merge& merge : merges) {
    Slot& slot = const_cast<Slot&>(find(merge.left, merge.right));
    slot = {merge.left, merge.right, rank++, merge.whole};
  }
}

size_t MergeTable::apply(std::vector<Symbol>& symbols) const {
  if (symbols.size() < 2) return 0;
  return symbols.size() <= kFew ? apply_to_few(symbols) : apply_to_many(symbols);
}

size_t MergeTable::most_looks() const {
  size_t most = 1;
  for (size_t at = 0; at < slots_.size(); ++at) {
    if (slots_[at].left < 0) continue;
    most = std::max(most, ((at - place(slots_[at].left, slots_[at].right)) & (slots_.size() - 1)) + 1);
  }
  return most;
}

size_t MergeTable::apply_to_few(std::vector<Symbol>& symbols) const {
  struct Pair {
    uint32_t rank = kNoRank;
    int32_t whole = -1;
  };
  std::array<Pair, kFew> pairs;  // of a symbol and the next one
  size_t count = symbols.size();
  size_t looked_at = count - 1;
  const auto pair_at = [&](size_t i) {
    const Slot& slot = find(symbols[i].id, symbols[i + 1].id);
    return Pair{slot.rank, slot.whole};
  };
  for (size_t i = 0; i + 1 < count; ++i) pairs[i] = pair_at(i);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (pairs[i].rank < pairs[best].rank) best = i;
    }
    if (pairs[best].rank == kNoRank) break;
    symbols[best] = {pairs[best].whole, symbols[best].bytes + symbols[best + 1].bytes};
    --count;
    for (size_t i = best + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      pairs[i] = pairs[i + 1];
    }
    if (best > 0) pairs[best - 1] = pair_at(best - 1);
    if (best + 1 < count) pairs[best] = pair_at(best);
    looked_at += 2;
  }
  symbols.resize(count);
  return looked_at;
}

size_t MergeTable::apply_to_many(std::vector<Symbol>& symbols) const {
  const auto count = static_cast<uint32_t>(symbols.size());
  std::vector<Node> nodes(count);
  std::vector<Candidate> candidates;
  for (uint32_t i = 0; i < count; ++i) {
    nodes[i] = {symbols[i].id, symbols[i].bytes, i > 0 ? i - 1 : kNone, i + 1 < count ? i + 1 : kNone};
    if (i + 1 == count) break;
    const uint32_t rank = find(symbols[i].id, symbols[i + 1].id).rank;
    if (rank != kNoRank) candidates.push_back({rank, i});
  }
  size_t offered = candidates.size();
  std::priority_queue<Candidate> queue(std::less<Candidate>(), std::move(candidates));
  const auto offer = [&](uint32_t place) {
    const uint32_t rank = find(nodes[place].id, nodes[nodes[place].next].id).rank;
    if (rank == kNoRank) return;
    queue.push({rank, place});
    ++offered;
  };
  while (!queue.empty()) {
    const Candidate lowest = queue.top();
    queue.pop();
    Node& node = nodes[lowest.place];
    if (node.bytes == 0 || node.next == kNone) continue;
    Node& next = nodes[node.next];
    const Slot& slot = find(node.id, next.id);
    if (slot.rank != lowest.rank) continue;  // one of the two has become another since
    node.id = slot.whole;
    node.bytes += next.bytes;
    node.next = next.next;
    next.bytes = 0;
    if (node.next != kNone) {
      nodes[node.next].last = lowest.place;
      offer(lowest.place);
    }
    if (node.last != kNone) offer(node.last);
  }
  symbols.clear();
  for (uint32_t i = 0; i != kNone; i = nodes[i].next) symbols.push_back({nodes[i].id, nodes[i].bytes});
  return offered;
}

}  // namespace rift::encode::text
