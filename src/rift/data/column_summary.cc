#include "rift/data/column_summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>

#include "rift/base/sentences.h"
#include "rift/data/cells.h"

namespace rift::data {

namespace {

/// Rows below which "every row has another value" says nothing.
constexpr int64_t kFewRows = 20;
constexpr double kNearlyEvery = 0.95;
constexpr int64_t kFewAmounts = 30;
constexpr std::array<std::string_view, 3> kMoney = {"€", "£", "¥"};
constexpr std::array<std::string_view, 2> kHardSpaces = {"\u00a0", "\u202f"};

template <class Key>
void count_values(const std::unordered_map<Key, int64_t>& counts, ColumnSummary& summary) {
  summary.distinct = static_cast<int64_t>(counts.size());
  for (const auto& [value, count] : counts) summary.repeated = std::max(summary.repeated, count);
}

/// Follows whole numbers in file order.
class WholeNumbers {
 public:
  void see(double value) {
    whole_ = whole_ && value == std::trunc(value);
    if (seen_ > 0) {
      rising_ = rising_ && value > last_;
      falling_ = falling_ && value < last_;
    }
    last_ = value;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
    ++seen_;
  }
  void tell(ColumnSummary& summary) const {
    summary.whole = seen_ > 0 && whole_;
    summary.rising = summary.whole && seen_ > 1 && (rising_ || falling_);
    summary.dense = summary.whole && high_ - low_ <= 4.0 * static_cast<double>(seen_);
  }

 private:
  int64_t seen_ = 0;
  bool whole_ = true;
  bool rising_ = true;
  bool falling_ = true;
  double last_ = 0.0;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

/// Printable ASCII without a space: a code, a name, a number, but no sentence and no Chinese.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

/// Bytes of the one of `words` that `text` begins with; 0 when it begins with none.
size_t size_at_front(std::string_view text, std::span<const std::string_view> words) {
  for (const std::string_view word : words) {
    if (text.starts_with(word)) return word.size();
  }
  return 0;
}

/// A number but for what people write around and within one: 10.65%, $1 200, 3'000.-, (12.5).
bool is_amount(std::string_view text) {
  bool digits = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] >= '0' && text[at] <= '9') {
      digits = true;
      continue;
    }
    constexpr std::string_view kSigns = " .,'%$+-()";
    const bool hyphen = text[at] == '-' && at > 0 && at + 1 < text.size();  // as in a number of a contract
    if (kSigns.find(text[at]) != kSigns.npos && !hyphen) continue;
    const size_t sign = std::max(size_at_front(text.substr(at), kMoney), size_at_front(text.substr(at), kHardSpaces));
    if (sign == 0) return false;
    at += sign - 1;
  }
  return digits;
}

bool has_sign(std::string_view text) {
  if (text.find_first_of("%$") != text.npos) return true;
  return std::any_of(kMoney.begin(), kMoney.end(), [&](std::string_view sign) { return text.find(sign) != text.npos; });
}

int64_t words_of(std::string_view text) {
  int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    words += !space && !inside ? 1 : 0;
    inside = !space;
  }
  return words;
}

/// The numbers of a column whose cells have been found to be numbers with commas.
WholeNumbers read_with_commas(const Texts& texts, ColumnSummary& summary) {
  WholeNumbers whole;
  summary.numbers = true;
  summary.number_cells = 0;
  for (int64_t row = 0; row < summary.rows; ++row) {
    const auto cell = texts.get(row);
    if (!cell) continue;
    const NumberCell number = parse_number(*cell, summary.number_style);
    if (number.state != NumberCell::State::kNumber) continue;
    whole.see(number.value);
    ++summary.number_cells;
  }
  return whole;
}

void summarize_texts(const Texts& texts, ColumnSummary& summary) {
  std::unordered_map<std::string_view, int64_t> counts;
  WholeNumbers whole;
  DateShape dates;
  NumberShape commas;
  int64_t not_numbers = 0;
  int64_t amounts = 0;
  int64_t with_signs = 0;
  int64_t bytes = 0;
  int64_t words = 0;
  int64_t with_words = 0;
  int64_t plain = 0;
  int64_t ascii = 0;
  int64_t with_digits = 0;
  for (int64_t row = 0; row < summary.rows; ++row) {
    const auto cell = texts.get(row);
    if (!cell) {
      ++summary.missing;
      continue;
    }
    ++counts[*cell];
    const NumberCell number = parse_number(*cell);
    if (number.state == NumberCell::State::kNumber) {
      whole.see(number.value);
      ++summary.number_cells;
    } else if (number.state == NumberCell::State::kNotNumber || number.state == NumberCell::State::kTruth) {
      ++not_numbers;
    }
    if (!spells_missing(*cell)) dates.see(trim(*cell));
    commas.see(*cell);
    const bool amount = is_amount(trim(*cell));
    amounts += amount ? 1 : 0;
    with_signs += amount && has_sign(*cell) ? 1 : 0;
    const int64_t cell_words = words_of(*cell);
    bytes += static_cast<int64_t>(cell->size());
    words += cell_words;
    with_words += cell_words > 1 ? 1 : 0;
    plain += is_plain(*cell) ? 1 : 0;
    ascii += is_ascii(*cell) ? 1 : 0;
    with_digits += cell->find_first_of("0123456789") != cell->npos ? 1 : 0;
  }
  count_values(counts, summary);
  summary.numbers = not_numbers == 0 && summary.number_cells > 0;
  summary.number_style = commas.style();
  if (summary.number_style != NumberStyle::kPlain) whole = read_with_commas(texts, summary);
  if (summary.numbers) whole.tell(summary);
  summary.unclear_commas = commas.ambiguous();
  summary.dates = !summary.numbers && dates.all_dates() && !dates.ambiguous();
  summary.unclear_dates = !summary.numbers && dates.all_dates() && dates.ambiguous();
  summary.date_order = dates.order();
  const double filled = std::max<double>(1.0, static_cast<double>(summary.filled()));
  summary.mean_bytes = static_cast<double>(bytes) / filled;
  summary.mean_words = static_cast<double>(words) / filled;
  summary.words_share = static_cast<double>(with_words) / filled;
  summary.plain_share = static_cast<double>(plain) / filled;
  summary.ascii_share = static_cast<double>(ascii) / filled;
  summary.digits_share = static_cast<double>(with_digits) / filled;
  summary.amounts_share = static_cast<double>(amounts) / filled;
  summary.signed_share = static_cast<double>(with_signs) / filled;
}

}  // namespace

ColumnSummary summarize(const Column& column) {
  ColumnSummary summary{.stored = column.storage(), .rows = column.rows()};
  if (summary.stored == Storage::kText) {
    summarize_texts(column.texts(), summary);
    return summary;
  }
  if (summary.stored == Storage::kTime) {
    std::unordered_map<int64_t, int64_t> counts;
    for (const int64_t time : column.times()) {
      if (time == kMissingTime) {
        ++summary.missing;
      } else {
        ++counts[time];
      }
    }
    count_values(counts, summary);
    summary.dates = summary.distinct > 0;
    return summary;
  }
  std::unordered_map<double, int64_t> counts;
  WholeNumbers whole;
  for (const double value : column.numbers()) {
    if (std::isfinite(value)) {
      ++counts[value];
      whole.see(value);
    } else {
      ++summary.missing;
    }
  }
  count_values(counts, summary);
  summary.number_cells = summary.filled();
  summary.numbers = summary.filled() > 0;
  whole.tell(summary);
  return summary;
}

std::string why_of(KindReason reason) {
  switch (reason) {
    case KindReason::kEmpty:
      return sentence("why.empty");
    case KindReason::kConstant:
      return sentence("why.constant");
    case KindReason::kNamesRows:
      return sentence("why.names_rows");
    case KindReason::kManyValues:
      return sentence("why.many_values");
    case KindReason::kSentences:
      return sentence("why.sentences");
    case KindReason::kUnclearDates:
      return sentence("why.unclear_dates");
    case KindReason::kUnclearCommas:
      return sentence("why.unclear_commas");
    case KindReason::kAmounts:
      return sentence("why.amounts");
    case KindReason::kAmountsAsCategories:
      return sentence("why.amounts_as_categories");
    case KindReason::kPlain:
      break;
  }
  return {};
}

KindGuess guess_kind(const ColumnSummary& summary) {
  if (summary.distinct == 0) return {Kind::kIgnore, KindReason::kEmpty};
  // One value beside missing ones still tells two kinds of rows apart, unless next to none are missing.
  if (summary.distinct == 1 && summary.missing_share() < 0.01) return {Kind::kIgnore, KindReason::kConstant};
  const bool enough = summary.filled() >= kFewRows;
  if (summary.numbers) {
    // Amounts are hardly ever all different over a thousand rows; numbers of customers are.
    const bool counts_rows =
        summary.whole && summary.distinct == summary.rows && (summary.rising || summary.dense || summary.rows >= 1000);
    return enough && counts_rows ? KindGuess{Kind::kIgnore, KindReason::kNamesRows} : KindGuess{Kind::kNumber};
  }
  if (summary.dates) return {Kind::kDate};
  if (summary.unclear_dates) return {Kind::kIgnore, KindReason::kUnclearDates};
  if (summary.unclear_commas) return {Kind::kIgnore, KindReason::kUnclearCommas};
  // A few of them may be rates or classes of a tariff, which do as categories.
  if (summary.signed_share > 0.9)
    return summary.distinct > kFewAmounts ? KindGuess{Kind::kIgnore, KindReason::kAmounts}
                                          : KindGuess{Kind::kCategory, KindReason::kAmountsAsCategories};
  if (summary.amounts_share > 0.9 && summary.distinct > kFewAmounts && summary.distinct_share() > 0.5)
    return {Kind::kIgnore, KindReason::kAmounts};
  if (enough && summary.distinct_share() > kNearlyEvery && summary.words_share < 0.05 && summary.plain_share > 0.9 &&
      summary.mean_bytes < 64.0)
    return {Kind::kIgnore, KindReason::kNamesRows};
  const bool many = summary.distinct > 30 && summary.distinct_share() > 0.05;
  if (many && (summary.mean_words >= 3.0 || summary.ascii_share < 0.5)) return {Kind::kText, KindReason::kSentences};
  // Codes such as a postal area have digits in nearly every cell; names of things have not.
  if (many && summary.distinct > 100 && summary.digits_share < 0.5) return {Kind::kText, KindReason::kManyValues};
  if (summary.mean_words >= 8.0 && summary.distinct > 30) return {Kind::kText, KindReason::kSentences};
  // A few rows of long, different texts.
  if (!enough && summary.mean_words >= 4.0 && summary.distinct_share() > 0.5)
    return {Kind::kText, KindReason::kSentences};
  return {Kind::kCategory};
}

}  // namespace rift::data
