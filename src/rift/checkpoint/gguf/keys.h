#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rift/checkpoint/format/gguf.h"

namespace rift::checkpoint {

inline constexpr int64_t kLargestSize = int64_t{1} << 24;  // of a width, of a number of rows, heads or positions
inline constexpr int64_t kMostLayers = 1024;               // as the models themselves have it

/// Reads the keys of one architecture ("llama.block_count" as "block_count") and remembers which ones were asked for.
/// Every complaint names file and key.
class GgufKeys {
 public:
  GgufKeys(const format::Gguf& file, std::string_view architecture);

  /// From 1 to `most`. A list (a value for each layer) throws kUnsupported.
  int64_t size(std::string_view key, int64_t most = kLargestSize);
  std::optional<int64_t> find_size(std::string_view key, int64_t most = kLargestSize);
  double positive(std::string_view key);  // a number above 0
  std::optional<double> find_positive(std::string_view key);
  std::optional<std::string> find_text(std::string_view key);
  std::optional<bool> find_truth(std::string_view key);
  void pass_over(std::string_view key);  // says nothing about what the model computes

  /// Throws kUnsupported naming the first key of the architecture that nobody asked for.
  void require_all_known() const;

 private:
  /// The whole name of the key when the file has it, else "".
  std::string found(std::string_view key);

  const format::Gguf& file_;
  std::string prefix_;
  std::set<std::string> asked_;
};

}  // namespace rift::checkpoint
