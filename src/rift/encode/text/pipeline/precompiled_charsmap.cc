#include "rift/encode/text/pipeline/precompiled_charsmap.h"

#include <algorithm>
#include <cstring>

#include "rift/base/error.h"
#include "rift/encode/text/pipeline/graphemes.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr size_t kLongestWholeCluster = 5;  // bytes

// A unit of darts-clone's double array.
uint32_t offset_of(uint32_t unit) { return (unit >> 10) << ((unit & (1u << 9)) >> 6); }
uint32_t label_of(uint32_t unit) { return unit & (1u << 31 | 0xFF); }
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) != 0; }
uint32_t value_of(uint32_t unit) { return unit & ~(1u << 31); }

/// Writes characters; the last one is held back, as what goes behind it is counted with it.
class ChangedText {
 public:
  ChangedText(const AlignedText& from, AlignedText& to) : writer_(from, to) {}
  ~ChangedText() { flush(); }
  ChangedText(const ChangedText&) = delete;
  ChangedText& operator=(const ChangedText&) = delete;

  void write(char32_t c, int change) {
    flush();
    held_ = c;
    change_ = change;
    holds_ = true;
  }
  void remove_behind(int characters) { change_ -= characters; }

 private:
  void flush() {
    if (holds_) writer_.write(held_, change_);
    holds_ = false;
  }
  Rewriter writer_;
  char32_t held_ = 0;
  int change_ = 0;
  bool holds_ = false;
};

/// `now` for `before`: the first characters take the places of those before, those beyond are inserted.
void replace(std::string_view before, std::string_view now, ChangedText& out) {
  const int64_t places = count_characters(before);
  int64_t written = 0;
  for (size_t at = 0; at < now.size(); ++written) {
    const Decoded next = decode_valid(now, at);
    out.write(next.character, written < places ? 0 : 1);
    at += next.bytes;
  }
  if (written < places) out.remove_behind(static_cast<int>(places - written));
}

}  // namespace

PrecompiledCharsmap::PrecompiledCharsmap(std::string_view bytes, std::string_view source) {
  uint32_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  RIFT_REQUIRE(size >= 4 && size % 4 == 0 && size <= bytes.size() - sizeof size, Code::kArtefact,
               "{}: the precompiled character map says that its array has {} bytes, but the map has {}", source, size,
               bytes.size());
  units_.resize(size / 4);
  std::memcpy(units_.data(), bytes.data() + sizeof size, size);
  texts_ = bytes.substr(sizeof size + size);
  RIFT_REQUIRE(is_valid_utf8(texts_), Code::kArtefact, "{}: the texts of the precompiled character map are not UTF-8",
               source);
}

std::optional<std::string_view> PrecompiledCharsmap::find(std::string_view chunk) const {
  size_t node = offset_of(units_[0]);
  for (const char c : chunk) {
    const auto byte = static_cast<uint8_t>(c);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label_of(units_[node]) != byte) return std::nullopt;
    const uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    const size_t begin = node < units_.size() ? value_of(units_[node]) : texts_.size();
    if (begin >= texts_.size() || continues_character(texts_[begin])) return std::nullopt;
    const size_t end = std::min(texts_.find('\0', begin), texts_.size());
    return std::string_view(texts_).substr(begin, end - begin);
  }
  return std::nullopt;
}

bool PrecompiledCharsmap::write(const AlignedText& from, AlignedText& to) const {
  bool changed = false;
  ChangedText out(from, to);
  const std::string_view text = from.bytes;
  const auto put = [&](std::string_view part) {
    const auto now = find(part);
    if (now) {
      changed = true;
      replace(part, *now, out);
    }
    return now.has_value();
  };
  for (size_t at = 0; at < text.size();) {
    const std::string_view cluster = text.substr(at, grapheme_bytes(text, at));
    at += cluster.size();
    if (cluster.size() <= kLongestWholeCluster && put(cluster)) continue;
    for (size_t i = 0; i < cluster.size();) {
      const Decoded next = decode_valid(cluster, i);
      if (!put(cluster.substr(i, next.bytes))) out.write(next.character, 0);
      i += next.bytes;
    }
  }
  return changed;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const auto digit = [](char c) {
    static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return kDigits.find(c);
  };
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool padded = i + padding >= text.size();
    const size_t value = padded ? 0 : digit(text[i]);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    if (i % 4 != 3) continue;
    for (const int shift : {16, 8, 0}) bytes += static_cast<char>(bits >> shift & 0xFF);
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace rift::encode::text
