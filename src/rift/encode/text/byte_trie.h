#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rift::encode::text {

/// Map from byte strings to numbers >= 0 that finds the longest key a text begins with in one pass over that key.
/// Memory: 12 bytes a node, at most one node a byte of the keys, and at most 255 KiB of tables. Immutable, so safe for
/// any number of readers.
class ByteTrie {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNoNode = UINT32_MAX;
  static constexpr int32_t kNoValue = -1;

  struct Entry {
    std::string_view key;  // not empty
    int32_t value = 0;
  };
  struct Match {
    size_t bytes = 0;  // 0 when nothing matches
    int32_t value = kNoValue;
  };

  ByteTrie() : nodes_(1) {}
  /// Of equal keys the first one counts.
  explicit ByteTrie(std::vector<Entry> entries);

  /// Longest key below `from` that `text` begins with; `from` is kRoot or what find() gave, whose bytes do not count.
  Match longest(std::string_view text, Node from = kRoot) const {
    Match match;
    for (size_t i = 0; i < text.size() && from != kNoNode; ++i) {
      from = child(from, static_cast<uint8_t>(text[i]));
      if (from != kNoNode && nodes_[from].value != kNoValue) match = {i + 1, nodes_[from].value};
    }
    return match;
  }
  /// visit(bytes, value) for each key that `text` begins with, the shortest first.
  template <class Visit>
  void for_each_prefix(std::string_view text, const Visit& visit) const {
    Node node = kRoot;
    for (size_t i = 0; i < text.size(); ++i) {
      node = child(node, static_cast<uint8_t>(text[i]));
      if (node == kNoNode) return;
      if (nodes_[node].value != kNoValue) visit(i + 1, nodes_[node].value);
    }
  }
  Node find(std::string_view prefix) const;   // kNoNode when no key begins with it
  int32_t value(std::string_view key) const;  // kNoValue when it is not a key

 private:
  struct Cell {
    uint32_t first_child = 0;  // children lie side by side, by label
    int32_t value = kNoValue;
    uint16_t children = 0;
    uint8_t label = 0;
    uint8_t table = 0;  // 1-based place in tables_; 0: none
  };
  static_assert(sizeof(Cell) == 12);

  Node child(Node node, uint8_t byte) const {
    const Cell& cell = nodes_[node];
    if (cell.table != 0) return tables_[cell.table - 1u][byte];
    if (cell.children == 1) return nodes_[cell.first_child].label == byte ? cell.first_child : kNoNode;
    return search(cell, byte);
  }
  Node search(const Cell& cell, uint8_t byte) const;
  void add_tables();

  std::vector<Cell> nodes_;
  std::vector<std::array<Node, 256>> tables_;  // of the widest nodes
};

}  // namespace rift::encode::text
