#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rift::data {

/// How a column is stored. What it means (category, label, id ...) is the Schema's business.
enum class Storage { kNumber, kText, kTime };

constexpr int64_t kMissingTime = std::numeric_limits<int64_t>::min();

/// Numbers: IEEE double, missing = NaN. Booleans are numbers 0 / 1.
struct Numbers {
  std::vector<double> values;
};

/// UTF-8 strings in one arena. value i = bytes[offsets[i], offsets[i+1]); missing is not the same as empty.
struct Texts {
  std::string bytes;
  std::vector<uint64_t> offsets = {0};  // N+1
  std::vector<uint8_t> present;         // N, 0 = missing
  void append(std::string_view value);
  void append_missing();
  std::optional<std::string_view> get(int64_t row) const {
    if (!present[static_cast<size_t>(row)]) return std::nullopt;
    return std::string_view(bytes).substr(offsets[static_cast<size_t>(row)],
                                          offsets[static_cast<size_t>(row) + 1] - offsets[static_cast<size_t>(row)]);
  }
};

/// Microseconds since 1970-01-01 UTC; dates are midnight. Missing = kMissingTime.
struct Times {
  std::vector<int64_t> values;
};

struct Column {
  std::string name;
  std::variant<Numbers, Texts, Times> values;

  Storage storage() const { return static_cast<Storage>(values.index()); }
  int64_t rows() const;
  bool missing(int64_t row) const;
  const std::vector<double>& numbers() const;  // throws kBug for another storage, as do the next two
  const Texts& texts() const;
  const std::vector<int64_t>& times() const;
};

/// Typed columns of equal length. The unit of everything that takes rows: fitting, scoring, evaluating.
struct Table {
  std::vector<Column> columns;
  int64_t rows = 0;
  /// 0-based data row of the source for each row; error messages and rejects name it.
  std::vector<int64_t> source_row;

  const Column* find(std::string_view name) const;  // nullptr when absent
  const Column& at(std::string_view name) const;    // throws kData naming the nearest column
  void add(Column column);                          // throws kBug on another length, kData on a name already there
};

/// The rows `rows` of `table`, in that order.
Table take(const Table& table, std::span<const int64_t> rows);

/// Puts the rows of `more` behind those of `table`, which has the same columns or none yet.
void append_rows(Table& table, Table more);

/// "2011-07-01" or "2011-07-01 13:45:00" <-> microseconds. parse returns nullopt for anything else.
std::optional<int64_t> parse_time(std::string_view text);
std::string format_time(int64_t micros);  // date only when at midnight

}  // namespace rift::data
