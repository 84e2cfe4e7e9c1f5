#pragma once

#include <string>
#include <string_view>

#include "rift/data/duckdb_session.h"

namespace rift::data {

/// What is wrong with a line that csv_dialect.h's reading does not take.
inline constexpr std::string_view kLineTooLong =
    "is longer than 16 MB, or a quotation mark in it is not closed; shorten it, or close the mark";

/// What a query is called in messages.
inline constexpr std::string_view kQueryName = "data.source";

/// Throws the Error that tells of `failure` while reading `source`, without a value of a row:
///   a broken line of CSV -> kData with its number and what is wrong with it;   bytes that are not UTF-8 -> kData
///   a query that does not parse or names what is not there -> kConfig with DuckDB's words (they quote the query only)
///   lines that end differently -> kData with the first such line;   a value that a query could not convert or
///   calculate with -> kData;   no such file -> kArtefact;   memory, disk -> kEnvironment
[[noreturn]] void throw_source_error(const std::string& source, const DuckFailure& failure);

/// Throws when `failure` holds one.
void require_read(const std::string& source, const std::optional<DuckFailure>& failure);

}  // namespace rift::data
