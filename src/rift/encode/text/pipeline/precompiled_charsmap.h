#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/encode/text/pipeline/aligned_text.h"

namespace rift::encode::text {

/// SentencePiece's table of what characters are normalized to (normalizer.cc of google/sentencepiece): a double array
/// over UTF-8 keys, as darts-clone lays it out, and the texts behind them, each ending in a zero.
class PrecompiledCharsmap {
 public:
  /// `bytes`: u32 size of the array in bytes, little-endian u32 units, texts. Throws kArtefact naming `source`.
  PrecompiledCharsmap(std::string_view bytes, std::string_view source);

  /// What `chunk` becomes, unset when no key begins it. As the `tokenizers` library has it, the shortest key decides
  /// about the whole chunk.
  std::optional<std::string_view> find(std::string_view chunk) const;

  /// Writes `from` into `to` cluster by cluster: those of less than 6 bytes as a whole where a key begins them, else
  /// character by character. False when nothing changes; `to` is not used then.
  bool write(const AlignedText& from, AlignedText& to) const;

 private:
  std::vector<uint32_t> units_;
  std::string texts_;
};

/// The bytes behind base64 (RFC 4648, padding kept); unset when it is none.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace rift::encode::text
