#include "rift/data/source_error.h"

#include <cctype>
#include <string_view>

#include "rift/base/error.h"

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

}  // namespace

void throw_source_error(const std::string& source, const DuckFailure& failure) {
  const std::string_view message = failure.message;
  if (holds(message, "CSV Error on Line")) throw_broken_line(source, message);
  if (holds(message, "Invalid unicode") || holds(message, "not utf-8"))
    RIFT_FAIL(Code::kData, "{}: the file is not UTF-8; convert it, or name its encoding in a query", source);
  if (holds(message, "is not latin-1 encoded"))
    RIFT_FAIL(Code::kData,
              "{}: the file has bytes that latin-1 has no letters for (Windows-1252, as a rule); convert it to UTF-8: "
              "iconv -f CP1252 -t UTF-8 OLD > NEW",
              source);
  // Only its messages of files are told as they are: a conversion error quotes a cell, whatever that cell says.
  if (message.starts_with("IO Error") &&
      (holds(message, "No files found") || holds(message, "Cannot open file") || holds(message, "No such file")))
    RIFT_FAIL(Code::kArtefact, "{}: {}", source, first_paragraph(message));
  if (message.starts_with("Parser Error") || message.starts_with("Binder Error") ||
      message.starts_with("Catalog Error"))
    RIFT_FAIL(Code::kConfig, "{}: {}", source, first_paragraph(message));
  if (message.starts_with("Out of Memory"))
    RIFT_FAIL(Code::kEnvironment, "{}: reading needs more than data.memory_limit; raise it", source);
  if (holds(message, "No space left") || holds(message, "Permission denied"))
    RIFT_FAIL(Code::kEnvironment, "{}: {}", source,
              holds(message, "No space left") ? "the disk is full" : "permission denied");
  if (message.starts_with("Conversion Error"))
    RIFT_FAIL(Code::kData, "{}: a value could not be converted to the type that the query asks for; use TRY_CAST",
              source);
  if (holds(message, "JSON"))
    RIFT_FAIL(Code::kData, "{}: line {} is not JSON", source, number_behind(message, "at line "));
  if (holds(message, "Parquet") || holds(message, "parquet") || holds(message, "magic bytes") || holds(message, "GZIP"))
    RIFT_FAIL(Code::kData, "{}: the file is damaged or cut short", source);
  const std::string_view kind = message.substr(0, message.find(':'));
  RIFT_FAIL(Code::kData, "{}: could not be read ({})", source, kind.size() < 60 ? kind : "unknown reason");
}

void require_read(const std::string& source, const std::optional<DuckFailure>& failure) {
  if (failure) throw_source_error(source, *failure);
}

}  // namespace rift::data
