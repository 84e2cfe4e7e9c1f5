#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/encode/text/tokenizer.h"

namespace rift::encode::text {

/// A text on its way through normalizers and pre-tokenizers, and where its bytes come from. Valid UTF-8.
struct AlignedText {
  enum class Origins : uint8_t {
    kUnasked,  // nobody wants them
    kSame,     // the text is a stretch of the original
    kListed    // one by one in `origin`
  };
  std::string bytes;
  Origins origins = Origins::kUnasked;
  uint32_t begin = 0;              // of the text in the original
  std::vector<Offset> origin;      // kListed: of each byte the original's characters it stands for
  size_t most_bytes = UINT32_MAX;  // that what is written of it may have; Span and Offset have 32 bits

  /// A stretch of the original that begins at its byte `begin`. What is written of it may have 64 times its bytes and
  /// 1 MiB more: files of others say what is written for what, and each step may multiply what the last one wrote.
  void assign(std::string_view text, size_t begin, bool want_origins);
  /// Bytes [first, last) of `text`, whole characters.
  void assign_part(const AlignedText& text, size_t first, size_t last);

  /// The original's bytes behind bytes [first, last) of this text, whole characters; {} when origins are unasked.
  Offset original(size_t first, size_t last) const;
};

/// Writes a changed text beside the one it comes from. Origins follow the rule of the `tokenizers` library: a character
/// that is written stands for the next ones of the old text, an inserted one for what stands before it. Throws
/// kArtefact when the text would pass `from`'s most_bytes.
class Rewriter {
 public:
  /// `from` and `to` are two texts; what `to` held is lost.
  Rewriter(const AlignedText& from, AlignedText& to);

  /// change > 0: `c` is inserted; 0: it takes the next character's place; < 0: and that many behind it go.
  void write(char32_t c, int change);
  /// The next `bytes` bytes stay; they end with a character.
  void keep(size_t bytes);
  /// `text` takes the place of the next `bytes` bytes, and all of it stands for the last of those.
  void replace(size_t bytes, std::string_view text);
  /// `text` stands before the next byte and shares its origin; there must be one.
  void prepend(std::string_view text);
  void skip(size_t bytes) { at_ += bytes; }
  size_t at() const { return at_; }  // byte of the old text

 private:
  void require_room(size_t bytes) const;
  void append_origins(size_t count, Offset origin);

  const AlignedText& from_;
  AlignedText& to_;
  size_t at_ = 0;
};

}  // namespace rift::encode::text
