#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/encode/text/tokenizer.h"

namespace rift::encode::text {

struct BertNormalizerOptions {
  bool clean_text = true;             // control characters go, white space becomes a space
  bool handle_chinese_chars = true;   // spaces around ideographs
  std::optional<bool> strip_accents;  // canonical decomposition, then non-spacing marks go; unset = as lower_case
  bool lower_case = true;
  bool strips() const { return strip_accents.value_or(lower_case); }
};

/// A normalized text and where its bytes come from. Reused from call to call, so that a text costs no allocation.
struct NormalizedText {
  std::string bytes;
  std::vector<Offset> origin;  // of each byte: the bytes of the original character; empty when not asked for

  struct Pending {
    char32_t character;
    uint8_t combining_class;
    bool first;  // first of what one original character became
  };
  std::vector<Pending> pending;         // characters with a combining class, not yet in canonical order
  std::vector<Offset> pending_origins;  // of the original characters behind them, in order of arrival
  Offset last_origin;                   // what the later parts of a decomposed character share
};

/// The normalizer of BERT (Devlin et al. 2018, tokenization.py) as the `tokenizers` library computes it, its rule for
/// origins included: canonical reordering moves marks but not the origins, which stay in order. Linear time, but for
/// runs of marks, which are sorted.
class BertNormalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options);

  struct Input {
    std::string_view text;  // valid UTF-8
    uint32_t begin = 0;     // offset of its first byte
    bool want_origin = false;
  };
  /// Replaces what `out` holds.
  void normalize(const Input& input, NormalizedText& out) const;
  const BertNormalizerOptions& options() const { return options_; }

 private:
  struct Writer;
  BertNormalizerOptions options_;
  std::array<int16_t, 128> ascii_;  // what becomes of an ASCII character; kDropped
  uint8_t mask_ = 0;                // flags of CharacterRules that call for more than copying
};

}  // namespace rift::encode::text
