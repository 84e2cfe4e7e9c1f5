#include "rift/data/source_error.h"

#include <cctype>
#include <string_view>

#include "rift/base/error.h"
#include "rift/data/line_ends.h"

namespace rift::data {

namespace {

bool holds(std::string_view text, std::string_view piece) { return text.find(piece) != text.npos; }

/// The digits behind `label`, empty when there are none.
std::string number_behind(std::string_view text, std::string_view label) {
  const size_t at = text.find(label);
  if (at == text.npos) return {};
  std::string digits;
  for (size_t i = at + label.size(); i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0; ++i)
    digits.push_back(text[i]);
  return digits;
}

/// What stands before the lines in which DuckDB quotes the query.
std::string_view first_paragraph(std::string_view message) { return message.substr(0, message.find("\n\n")); }

[[noreturn]] void throw_broken_line(const std::string& source, std::string_view message) {
  const std::string line = number_behind(message, "Line: ");
  std::string what = "cannot be split into columns";
  if (holds(message, "Invalid unicode")) {
    what =
        "is not UTF-8; convert the file, or name its encoding: sql: SELECT * FROM read_csv('...', encoding='latin-1')";
  } else if (holds(message, "Expected Number of Columns")) {
    what = fmt::format("has {} columns where {} are expected", number_behind(message, "Found: "),
                       number_behind(message, "Expected Number of Columns: "));
  } else if (holds(message, "unterminated quote") || holds(message, "quote should be followed")) {
    what = "has a quotation mark that is not closed";
  } else if (holds(message, "Maximum line size")) {
    what = kLineTooLong;
  } else if (holds(message, "onvert")) {
    what = "has a value that is not of its column's type; read the column as text in the query (all_varchar = true)";
  }
  RIFT_FAIL(Code::kData, "{}: line {} (a quoted line break does not count) {}", source, line, what);
}

[[noreturn]] void throw_mixed_line_ends(const std::string& source, std::string_view message) {
  constexpr std::string_view kFile = "file = ";
  const size_t at = message.find(kFile);
  std::string where = "some lines end";
  if (at != message.npos) {
    const std::string_view rest = message.substr(at + kFile.size());
    if (const auto line = find_odd_line_end(std::string(rest.substr(0, rest.find('\n')))))
      where = fmt::format("line {} ends", *line);
  }
  RIFT_FAIL(Code::kData,
            "{}: {} in another way (LF, CR LF) than the first line, or text follows a closing quotation mark; make the "
            "line ends alike: tr -d '\\r' < OLD > NEW",
            source, where);
}

/// Messages that begin with `kind` and hold `piece` mean `what`.
struct Meaning {
  std::string_view kind;
  std::string_view piece;
  Code code = Code::kData;
  std::string_view what;
};

constexpr std::string_view kDamaged = "the file is damaged or cut short";
constexpr std::string_view kExtension =
    "the query reads an address or a format that DuckDB has an extension for, and rift fetches none; put the rows into "
    "a CSV, Parquet or JSON file first";

constexpr Meaning kMeanings[] = {
    {"", "Invalid unicode", Code::kData, "the file is not UTF-8; convert it, or name its encoding in a query"},
    {"", "not utf-8", Code::kData, "the file is not UTF-8; convert it, or name its encoding in a query"},
    {"", "is not latin-1 encoded", Code::kData,
     "the file has bytes that latin-1 has no letters for (Windows-1252, as a rule); convert it to UTF-8: iconv -f "
     "CP1252 -t UTF-8 OLD > NEW"},
    {"", "requires the extension", Code::kConfig, kExtension},
    {"Catalog Error", "but it exists in the", Code::kConfig, kExtension},
    {"Out of Memory", "", Code::kEnvironment, "reading needs more than data.memory_limit; raise it"},
    {"", "No space left", Code::kEnvironment, "the disk is full"},
    {"", "Permission denied", Code::kEnvironment, "permission denied"},
    {"Conversion Error", "", Code::kData,
     "a value could not be converted to the type that the query asks for; use TRY_CAST"},
    {"Invalid Input Error", "Could not parse string", Code::kData,
     "a text is not a date of the form that the query gives to strptime; try_strptime leaves it empty"},
    {"Out of Range Error", "", Code::kData,
     "a calculation of the query has no result in some row: an overflow, or a logarithm or root of a negative number; "
     "TRY(...) around it leaves it empty"},
    {"Invalid Input Error", "Error when sniffing file", Code::kData,
     "read_csv in the query cannot tell how its file is written; give delim and header, and in columns = {...} one "
     "entry for each column of the file, or all_varchar = true instead of columns"},
    {"", "More than one row returned by a subquery", Code::kConfig,
     "a subquery of the query gives several rows where one value is expected; take max(...) or join it"},
    {"", "maximum_object_size", Code::kData, "a record of JSON is longer than 16 MB; shorten its texts"},
    {"", "JSON", Code::kData,
     "what it reads is not JSON, or is cut short; a .jsonl file that is itself the source has its broken line named"},
    {"", "Parquet", Code::kData, kDamaged},
    {"", "parquet", Code::kData, kDamaged},
    {"", "magic bytes", Code::kData, kDamaged},
    {"", "GZIP", Code::kData, kDamaged},
    {"Not implemented Error", "", Code::kConfig,
     "the query asks for what DuckDB 1.5.5 does not do; write it otherwise"},
};

}  // namespace

void throw_source_error(const std::string& source, const DuckFailure& failure) {
  const std::string_view message = failure.message;
  if (holds(message, "CSV Error on Line")) throw_broken_line(source, message);
  if (holds(message, "reached an invalid state")) throw_mixed_line_ends(source, message);
  // Only its messages of files and of the query's own words are told as they are: others quote a cell.
  if (message.starts_with("IO Error") &&
      (holds(message, "No files found") || holds(message, "Cannot open file") || holds(message, "No such file")))
    RIFT_FAIL(Code::kArtefact, "{}: {}", source, first_paragraph(message));
  const bool of_words = message.starts_with("Parser Error") || message.starts_with("Binder Error") ||
                        message.starts_with("Catalog Error");
  if (of_words && !holds(message, "but it exists in the"))
    RIFT_FAIL(Code::kConfig, "{}: {}", source, first_paragraph(message));
  for (const Meaning& one : kMeanings) {
    if (message.starts_with(one.kind) && holds(message, one.piece)) RIFT_FAIL(one.code, "{}: {}", source, one.what);
  }
  const std::string_view kind = message.substr(0, message.find(':'));
  if (source == kQueryName && kind == "Invalid Input Error")
    RIFT_FAIL(Code::kData,
              "{}: a function of the query does not take the value of some row; TRY(...) around it leaves it empty",
              source);
  RIFT_FAIL(Code::kData, "{}: could not be read ({})", source, kind.size() < 60 ? kind : "unknown reason");
}

void require_read(const std::string& source, const std::optional<DuckFailure>& failure) {
  if (failure) throw_source_error(source, *failure);
}

}  // namespace rift::data
