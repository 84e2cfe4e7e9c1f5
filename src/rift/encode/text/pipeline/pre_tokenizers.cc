#include "rift/encode/text/pipeline/pre_tokenizers.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

bool is_numeric(char32_t c) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_N_MASK) != 0; }
bool is_punctuation(char32_t c) { return (CharacterRules::instance().flags(c) & CharacterRules::kPunctuation) != 0; }

/// Makes words of one text's delimiters and of what lies between them, which arrive in order.
class Cutter {
 public:
  Cutter(Delimiters delimiters, std::vector<Span>& words)
      : delimiters_(delimiters), words_(words), first_(words.size()) {}

  void add(Span span, bool is_delimiter) {
    if (span.begin == span.end) return;
    const bool was_delimiter = std::exchange(last_was_delimiter_, is_delimiter);
    switch (delimiters_) {
      case Delimiters::kRemoved:
        if (!is_delimiter) words_.push_back(span);
        return;
      case Delimiters::kIsolated:
        return words_.push_back(span);
      case Delimiters::kMergedWithPrevious:
        return is_delimiter && !was_delimiter ? extend(span) : words_.push_back(span);
      case Delimiters::kMergedWithNext:
        return was_delimiter && !is_delimiter ? extend(span) : words_.push_back(span);
      case Delimiters::kContiguous:
        return is_delimiter == was_delimiter ? extend(span) : words_.push_back(span);
    }
  }

 private:
  void extend(Span span) {
    if (words_.size() == first_) return words_.push_back(span);
    words_.back().end = span.end;
  }

  Delimiters delimiters_;
  std::vector<Span>& words_;
  size_t first_;
  bool last_was_delimiter_ = false;
};

/// Cuts a span at the characters for which `is_delimiter` holds, each a delimiter of its own.
template <class IsDelimiter>
void cut_at_characters(std::string_view text, Span span, Delimiters delimiters, std::vector<Span>& words,
                       const IsDelimiter& is_delimiter) {
  Cutter out(delimiters, words);
  uint32_t begin = span.begin;
  for (uint32_t at = span.begin; at < span.end;) {
    const Decoded next = decode_valid(text, at);
    const uint32_t end = at + next.bytes;
    if (is_delimiter(next.character)) {
      out.add({begin, at}, false);
      out.add({at, end}, true);
      begin = end;
    }
    at = end;
  }
  out.add({begin, span.end}, false);
}

void cut_at_text(std::string_view text, Span span, Delimiters delimiters, std::string_view delimiter,
                 std::vector<Span>& words) {
  Cutter out(delimiters, words);
  const std::string_view within = text.substr(0, span.end);
  uint32_t begin = span.begin;
  for (;;) {
    const size_t found = within.find(delimiter, begin);
    if (found == std::string_view::npos) break;
    const auto at = static_cast<uint32_t>(found);
    const auto end = at + static_cast<uint32_t>(delimiter.size());
    out.add({begin, at}, false);
    out.add({at, end}, true);
    begin = end;
  }
  out.add({begin, span.end}, false);
}

void cut_before_runs(std::string_view text, Span span, std::string_view run, std::vector<Span>& words) {
  const std::string_view within = text.substr(0, span.end);
  const auto size = static_cast<uint32_t>(run.size());
  uint32_t begin = span.begin;
  for (size_t at = within.find(run, begin); at != std::string_view::npos;) {
    if (at > begin) {
      words.push_back({begin, static_cast<uint32_t>(at)});
      begin = static_cast<uint32_t>(at);
    }
    do at += size;
    while (within.substr(at).starts_with(run));
    at = within.find(run, at);
  }
  words.push_back({begin, span.end});
}

/// One step. Those that only cut write spare_spans; those that insert write spare_text and its spans.
struct Splitter {
  Words& words;

  template <class Cut>
  void cut_each(const Cut& cut) const {
    words.spare_spans.clear();
    for (const Span span : words.spans) cut(span, words.spare_spans);
    words.spans.swap(words.spare_spans);
  }
  std::string_view text() const { return words.text.bytes; }

  void operator()(const ByteLevelStep& step) const {
    if (step.add_prefix_space) {
      insert_before_each(" ", [](std::string_view word, Span) { return !word.starts_with(' '); }, {});
    }
    if (step.use_regex) (*this)(PatternStep{WordPattern::kGpt2});
  }

  void operator()(const PatternStep& step) const {
    cut_each([&](Span span, std::vector<Span>& out) {
      append_words(step.pattern, text().substr(span.begin, span.end - span.begin), span.begin, out);
    });
  }

  void operator()(const TextSplitStep& step) const {
    cut_each([&](Span span, std::vector<Span>& out) { cut_at_text(text(), span, step.delimiters, step.text, out); });
  }

  void operator()(const DigitsStep& step) const {
    const Delimiters delimiters = step.individual ? Delimiters::kIsolated : Delimiters::kContiguous;
    cut_each([&](Span span, std::vector<Span>& out) { cut_at_characters(text(), span, delimiters, out, is_numeric); });
  }

  void operator()(const PunctuationStep& step) const {
    cut_each([&](Span span, std::vector<Span>& out) {
      cut_at_characters(text(), span, step.delimiters, out, is_punctuation);
    });
  }

  void operator()(const WhitespaceSplitStep&) const {
    cut_each([&](Span span, std::vector<Span>& out) {
      cut_at_characters(text(), span, Delimiters::kRemoved, out, is_space);
    });
  }

  void operator()(const RunStartStep& step) const {
    cut_each([&](Span span, std::vector<Span>& out) { cut_before_runs(text(), span, step.text, out); });
  }

  void operator()(const MetaspaceStep& step) const {
    using Prepend = MetaspaceStep::Prepend;
    insert_before_each(
        step.replacement,
        [&](std::string_view word, Span span) {
          if (step.prepend == Prepend::kNever || word.starts_with(' ') || word.starts_with(step.replacement)) {
            return false;
          }
          return step.prepend == Prepend::kAlways || words.text.original(span.begin, span.begin + 1).begin == 0;
        },
        step.replacement);
    if (!step.split) return;
    (*this)(TextSplitStep{step.replacement, Delimiters::kMergedWithNext});
  }

  /// `prefix` before each word for which needs(word, span) holds; `for_spaces` instead of each space unless it is
  /// empty.
  template <class Needs>
  void insert_before_each(std::string_view prefix, const Needs& needs, std::string_view for_spaces) const {
    words.spare_spans.clear();
    Rewriter out(words.text, words.spare_text);
    for (const Span span : words.spans) {
      const std::string_view word = text().substr(span.begin, span.end - span.begin);
      const auto begin = static_cast<uint32_t>(words.spare_text.bytes.size());
      out.skip(span.begin - out.at());
      if (needs(word, span)) out.prepend(prefix);
      const std::string_view within = text().substr(0, span.end);
      for (size_t space; !for_spaces.empty() && (space = within.find(' ', out.at())) != within.npos;) {
        out.keep(space - out.at());
        out.replace(1, for_spaces);
      }
      out.keep(span.end - out.at());
      words.spare_spans.push_back({begin, static_cast<uint32_t>(words.spare_text.bytes.size())});
    }
    std::swap(words.text, words.spare_text);
    words.spans.swap(words.spare_spans);
  }
};

}  // namespace

bool PreTokenizers::needs_origins() const {
  return std::ranges::any_of(steps_, [](const PreTokenizerStep& step) {
    const auto* metaspace = std::get_if<MetaspaceStep>(&step);
    return metaspace != nullptr && metaspace->prepend == MetaspaceStep::Prepend::kFirst;
  });
}

void PreTokenizers::split(Words& words) const {
  words.spans.clear();
  if (words.text.bytes.empty()) return;
  words.spans.push_back({0, static_cast<uint32_t>(words.text.bytes.size())});
  for (const PreTokenizerStep& step : steps_) std::visit(Splitter{words}, step);
}

}  // namespace rift::encode::text
