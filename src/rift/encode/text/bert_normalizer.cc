#include "rift/encode/text/bert_normalizer.h"

#include <algorithm>

#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr int16_t kDropped = -1;
using Rules = CharacterRules;

}  // namespace

BertNormalizer::BertNormalizer(const BertNormalizerOptions& options) : options_(options) {
  mask_ = static_cast<uint8_t>((options.clean_text ? Rules::kControl | Rules::kSpace : 0) |
                               (options.handle_chinese_chars ? Rules::kIdeograph : 0) |
                               (options.strips() ? Rules::kMark | Rules::kDecomposes | Rules::kReorders : 0) |
                               (options.lower_case ? Rules::kHasLowerCase : 0));
  for (char32_t c = 0; c < 128; ++c) {
    const uint8_t flags = Rules::instance().flags(c) & mask_;
    ascii_[c] = static_cast<int16_t>((flags & Rules::kControl) != 0        ? kDropped
                                     : (flags & Rules::kSpace) != 0        ? ' '
                                     : (flags & Rules::kHasLowerCase) != 0 ? static_cast<int>(c) + 32
                                                                           : static_cast<int>(c));
  }
}

/// The steps after clean_text and handle_chinese_chars, one character at a time.
struct BertNormalizer::Writer {
  const BertNormalizer& normalizer;
  NormalizedText& out;
  bool want_origin;

  void write(char32_t c, Offset origin) {
    const size_t before = out.bytes.size();
    append_utf8(out.bytes, c);
    if (want_origin) out.origin.insert(out.origin.end(), out.bytes.size() - before, origin);
  }

  void lower(char32_t c, Offset origin) {
    const uint8_t flags = Rules::instance().flags(c) & normalizer.mask_;
    if ((flags & Rules::kMark) != 0) return;
    if ((flags & Rules::kHasLowerCase) == 0) return write(c, origin);
    char32_t lowered[2];
    const int count = lower_case(c, lowered);
    for (int i = 0; i < count; ++i) write(lowered[i], origin);
  }

  void flush() {
    if (out.pending.empty()) return;
    if (out.pending.size() > 1) {  // most marks stand alone, and sorting takes memory
      std::ranges::stable_sort(out.pending, {}, &NormalizedText::Pending::combining_class);
    }
    size_t arrived = 0;
    for (const auto& one : out.pending) {
      if (one.first) out.last_origin = out.pending_origins[arrived++];
      lower(one.character, out.last_origin);
    }
    out.pending.clear();
    out.pending_origins.clear();
  }

  void decompose_and_lower(char32_t c, Offset origin) {
    if (!normalizer.options_.strips()) return lower(c, origin);
    char32_t parts[kMostDecomposed] = {c};
    const uint8_t flags = Rules::instance().flags(c);
    const int count = (flags & Rules::kDecomposes) != 0 ? decompose(c, parts) : 1;
    for (int i = 0; i < count; ++i) {
      const uint8_t order = combining_class(parts[i]);
      if (order != 0) {
        out.pending.push_back({parts[i], order, i == 0});
        if (i == 0) out.pending_origins.push_back(origin);
        continue;
      }
      flush();
      out.last_origin = origin;
      lower(parts[i], origin);
    }
  }

  bool drops(char c) const { return normalizer.ascii_[static_cast<uint8_t>(c)] == kDropped; }

  /// A run of ASCII, whose first byte is byte `begin` of the original.
  void ascii(std::string_view run, uint32_t begin) {
    if (!out.pending.empty()) {
      if (std::ranges::all_of(run, [this](char c) { return drops(c); })) return;
      flush();
    }
    const size_t before = out.bytes.size();
    out.bytes.resize(before + run.size());
    const auto& table = normalizer.ascii_;
    char* to = out.bytes.data() + before;
    for (const char c : run) {  // no branch for the few that are dropped: they are written over
      const int16_t written = table[static_cast<uint8_t>(c)];
      *to = static_cast<char>(written);
      to += written != kDropped ? 1 : 0;
    }
    out.bytes.resize(static_cast<size_t>(to - out.bytes.data()));
    if (!want_origin) return;
    for (uint32_t i = 0; i < run.size(); ++i) {
      if (!drops(run[i])) out.origin.push_back({begin + i, begin + i + 1});
    }
  }

  /// A character that stays as it is, `apart` between spaces.
  void copy(std::string_view bytes, bool apart, Offset origin) {
    if (!out.pending.empty()) flush();
    if (apart) out.bytes += ' ';
    out.bytes += bytes;
    if (apart) out.bytes += ' ';
    if (want_origin) out.origin.resize(out.bytes.size(), origin);
  }

  /// A character outside ASCII with a flag of mask_.
  void special(char32_t c, uint8_t flags, Offset origin) {
    if ((flags & Rules::kControl) != 0) return;
    if ((flags & Rules::kSpace) != 0) {
      flush();
      return write(' ', origin);
    }
    if ((flags & Rules::kIdeograph) == 0) return decompose_and_lower(c, origin);
    flush();
    write(' ', origin);
    decompose_and_lower(c, origin);
    write(' ', origin);
  }
};

void BertNormalizer::normalize(const Input& input, NormalizedText& out) const {
  const std::string_view text = input.text;
  const Rules& rules = Rules::instance();
  Writer writer{*this, out, input.want_origin};
  out.bytes.clear();
  out.origin.clear();
  for (size_t at = 0; at < text.size();) {
    const auto begin = static_cast<uint32_t>(input.begin + at);
    if (const size_t ascii = ascii_prefix(text.substr(at)); ascii > 0) {
      writer.ascii(text.substr(at, ascii), begin);
      at += ascii;
      continue;
    }
    const Decoded decoded = decode_valid(text, at);
    const Offset origin = {begin, begin + decoded.bytes};
    const uint8_t flags = rules.flags(decoded.character) & mask_;
    if ((flags & ~Rules::kIdeograph) == 0) {
      writer.copy(text.substr(at, decoded.bytes), flags != 0, origin);
    } else {
      writer.special(decoded.character, flags, origin);
    }
    at += decoded.bytes;
  }
  writer.flush();
}

}  // namespace rift::encode::text
