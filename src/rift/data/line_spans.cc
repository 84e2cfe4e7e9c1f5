#include "rift/data/line_spans.h"

namespace rift::data {

namespace {

/// Follows quotes through the lines of a record.
class QuoteState {
 public:
  explicit QuoteState(char delimiter) : delimiter_(delimiter) {}
  void begin_record() { at_ = kCellBegin; }
  bool in_quotes() const { return at_ == kQuoted; }

  void see(std::string_view line) {
    for (const char c : line) at_ = after(c);
    // A closing quote at the end of a line ends its cell there.
    if (at_ != kQuoted) at_ = kCellBegin;
  }

 private:
  enum At { kCellBegin, kPlain, kQuoted, kBehindQuote, kBroken };

  At after(char c) const {
    switch (at_) {
      case kCellBegin:
        return c == '"' ? kQuoted : (c == delimiter_ || c == ' ') ? kCellBegin : kPlain;
      case kPlain:
        return c == delimiter_ ? kCellBegin : kPlain;
      case kQuoted:
        return c == '"' ? kBehindQuote : kQuoted;
      case kBehindQuote:
        return c == '"' ? kQuoted : c == delimiter_ ? kCellBegin : c == ' ' ? kBehindQuote : kBroken;
      case kBroken:
        break;
    }
    return kBroken;
  }

  char delimiter_;
  At at_ = kCellBegin;
};

}  // namespace

LineSpans find_line_spans(const NextLine& next, const LineRules& rules, std::span<const int64_t> numbers) {
  LineSpans found;
  QuoteState quotes(rules.delimiter);
  LineSpan record;
  int64_t number = 0;
  int64_t line_number = 0;
  int64_t blank = 0;
  const auto end_record = [&] {
    const size_t at = found.of_numbers.size();
    if (at < numbers.size() && number == numbers[at]) found.of_numbers.push_back(record);
  };
  while (const auto line = next()) {
    const bool is_blank = line->empty() && !rules.blank_is_row;
    ++line_number;
    if (!quotes.in_quotes()) {
      ++number;
      quotes.begin_record();
      record = {.first_line = line_number, .rows = 0, .blank_before = blank};
      if (number > rules.lines_before_rows) ++(is_blank ? blank : found.records);
    }
    record.last_line = line_number;
    if (!is_blank) ++record.rows;
    quotes.see(*line);
    if (!quotes.in_quotes()) end_record();
  }
  record.quote_open = quotes.in_quotes();
  if (record.quote_open) end_record();
  return found;
}

}  // namespace rift::data
