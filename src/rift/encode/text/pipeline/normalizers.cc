#include "rift/encode/text/pipeline/normalizers.h"

#include <unicode/uchar.h>

#include <utility>

#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

/// Each writes `from` into `to`, or returns false when nothing changes.
struct Writer {
  const AlignedText& from;
  AlignedText& to;

  bool operator()(UnicodeForm form) const {
    if (is_surely_in_form(from.bytes, form)) return false;
    write_in_form(from, form, to);
    return true;
  }

  bool operator()(LowercaseStep) const {
    Rewriter out(from, to);
    while (out.at() < from.bytes.size()) {
      char32_t lowered[2];
      const int count = lower_case(decode_valid(from.bytes, out.at()).character, lowered);
      for (int i = 0; i < count; ++i) out.write(lowered[i], i);
    }
    return true;
  }

  bool operator()(StripAccentsStep) const {
    if (ascii_prefix(from.bytes) == from.bytes.size()) return false;
    Rewriter out(from, to);
    while (out.at() < from.bytes.size()) {
      const Decoded next = decode_valid(from.bytes, out.at());
      if (is_mark_of_any_kind(next.character)) {
        out.skip(next.bytes);
      } else {
        out.keep(next.bytes);
      }
    }
    return true;
  }

  bool operator()(const StripStep& step) const {
    std::string_view kept = from.bytes;
    if (step.right) kept = without_space_at_end(kept);
    const size_t end = kept.size();
    size_t begin = 0;
    while (step.left && begin < end) {
      const Decoded next = decode_valid(kept, begin);
      if (!is_space(next.character)) break;
      begin += next.bytes;
    }
    if (begin == 0 && end == from.bytes.size()) return false;
    Rewriter out(from, to);
    out.skip(begin);
    out.keep(end - begin);
    return true;
  }

  bool operator()(const PrependStep& step) const {
    if (from.bytes.empty()) return false;
    Rewriter out(from, to);
    out.prepend(step.text);
    out.keep(from.bytes.size());
    return true;
  }

  bool operator()(const ReplaceStep& step) const {
    const std::string_view text = from.bytes;
    const std::string& first = step.pattern;
    Rewriter out(from, to);
    for (size_t at = 0; (at = text.find(first, at)) != std::string_view::npos;) {
      size_t end = at + first.size();
      while (step.repeats && text.substr(end).starts_with(first)) end += first.size();
      if (!step.repeats || end - at > first.size()) {
        out.keep(at - out.at());
        out.replace(end - at, step.content);
      }
      at = end;
    }
    if (out.at() == 0) return false;
    out.keep(text.size() - out.at());
    return true;
  }

  bool operator()(const std::shared_ptr<const PrecompiledCharsmap>& map) const { return map->write(from, to); }
};

}  // namespace

void Normalizers::apply(AlignedText& text, AlignedText& spare) const {
  for (const NormalizerStep& step : steps_) {
    if (std::visit(Writer{text, spare}, step)) std::swap(text, spare);
  }
}

}  // namespace rift::encode::text
