#include "rift/encode/text/byte_trie.h"

#include <algorithm>
#include <numeric>

#include "rift/base/error.h"

namespace rift::encode::text {
namespace {

constexpr size_t kMaxTables = 255;
constexpr uint16_t kFewestOfTable = 16;

/// Entries [begin, end) share the first `depth` bytes, which lead to `node`.
struct Range {
  uint32_t node = 0;
  size_t begin = 0, end = 0, depth = 0;
};

}  // namespace

ByteTrie::ByteTrie(std::vector<Entry> entries) : nodes_(1) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  std::vector<Range> level = {{kRoot, 0, entries.size(), 0}};
  std::vector<Range> next;
  while (!level.empty()) {  // level by level, so that the upper nodes, which every word passes, lie together
    for (const Range& range : level) {
      size_t at = range.begin;
      for (; at < range.end && entries[at].key.size() == range.depth; ++at) {
        RIFT_CHECK(range.depth > 0 && entries[at].value >= 0);
        if (nodes_[range.node].value == kNoValue) nodes_[range.node].value = entries[at].value;
      }
      nodes_[range.node].first_child = static_cast<uint32_t>(nodes_.size());
      while (at < range.end) {
        const char byte = entries[at].key[range.depth];
        size_t stop = at + 1;
        while (stop < range.end && entries[stop].key[range.depth] == byte) ++stop;
        next.push_back({static_cast<uint32_t>(nodes_.size()), at, stop, range.depth + 1});
        nodes_.push_back({.label = static_cast<uint8_t>(byte)});
        ++nodes_[range.node].children;
        at = stop;
      }
    }
    level.swap(next);
    next.clear();
  }
  add_tables();
}

void ByteTrie::add_tables() {
  std::vector<Node> wide;
  for (Node node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].children >= kFewestOfTable) wide.push_back(node);
  }
  const auto wider = [&](Node a, Node b) { return nodes_[a].children > nodes_[b].children; };
  std::stable_sort(wide.begin(), wide.end(), wider);
  wide.resize(std::min(wide.size(), kMaxTables));
  for (const Node node : wide) {
    Cell& cell = nodes_[node];
    auto& table = tables_.emplace_back();
    table.fill(kNoNode);
    for (Node child = cell.first_child; child < cell.first_child + cell.children; ++child) {
      table[nodes_[child].label] = child;
    }
    cell.table = static_cast<uint8_t>(tables_.size());
  }
}

ByteTrie::Node ByteTrie::search(const Cell& cell, uint8_t byte) const {
  const auto first = nodes_.begin() + cell.first_child;
  const auto last = first + cell.children;
  const auto found = std::lower_bound(first, last, byte, [](const Cell& c, uint8_t b) { return c.label < b; });
  return found != last && found->label == byte ? static_cast<Node>(found - nodes_.begin()) : kNoNode;
}

ByteTrie::Node ByteTrie::find(std::string_view prefix) const {
  Node node = kRoot;
  for (size_t i = 0; i < prefix.size() && node != kNoNode; ++i) node = child(node, static_cast<uint8_t>(prefix[i]));
  return node;
}

int32_t ByteTrie::value(std::string_view key) const {
  const Node node = find(key);
  return node == kNoNode ? kNoValue : nodes_[node].value;
}

}  // namespace rift::encode::text
