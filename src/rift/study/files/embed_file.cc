#include "rift/study/files/embed_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/places.h"
#include "rift/base/stopwatch.h"
#include "rift/data/options.h"
#include "rift/data/row_stream.h"
#include "rift/data/table_writer.h"
#include "rift/data/text_lines.h"
#include "rift/package/backbone.h"
#include "rift/study/files/row_files.h"

namespace rift::study {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kValuesPerBatch = int64_t{1} << 21;  // bounds memory, whatever the width
constexpr int64_t kShownColumns = 20;

bool is_text_file(const EmbedFileSpec& spec) {
  return spec.columns.empty() && !data::is_query(spec.source) && fs::path(spec.source).extension() == ".txt";
}

/// The texts of a source that no package describes.
std::vector<std::string> text_columns(const EmbedFileSpec& spec) {
  if (!spec.columns.empty()) return spec.columns;
  std::vector<std::string> names = data::column_names(spec.source);
  if (spec.id) std::erase(names, *spec.id);
  const bool many = names.size() > static_cast<size_t>(kShownColumns);
  if (names.size() == 1) return names;
  std::vector<std::string> shown;
  for (size_t i = 0; i < names.size() && i < static_cast<size_t>(kShownColumns); ++i)
    shown.push_back(shorten(names[i]));
  RIFT_FAIL(Code::kConfig, "{}: --columns: name the columns with the texts, such as --columns {}; there are {}{}",
            spec.source, names.empty() ? "NAME" : shown.front(), fmt::join(shown, ", "), many ? ", ..." : "");
}

/// What a model reads of the source; a package adds its own.
data::Schema schema_of(const EmbedFileSpec& spec) {
  data::Schema schema;
  const std::vector<std::string> columns =
      is_text_file(spec) ? std::vector<std::string>{data::TextLines::kColumn} : text_columns(spec);
  for (const std::string& column : columns) schema.fields.push_back({.name = column, .kind = data::Kind::kText});
  return schema;
}

void use_id(data::Schema& schema, const std::string& id, const std::string& source) {
  data::require_column(source, id, "--id");
  RIFT_REQUIRE(schema.find(id) == nullptr || schema.find(id)->role == data::Role::kId, Code::kConfig,
               "{}: --id {}: the model reads this column as a text; name another one", source, shorten(id));
  std::erase_if(schema.fields, [](const data::Field& field) { return field.role == data::Role::kId; });
  schema.fields.push_back({.name = id, .kind = data::Kind::kCategory, .role = data::Role::kId});
}

/// Rows of a file of records or lines of a text.
NextBatch open_source(const EmbedFileSpec& spec, data::Schema schema, int64_t batch_rows) {
  if (is_text_file(spec)) {
    RIFT_REQUIRE(!spec.id, Code::kConfig, "{}: --id: lines of a text have no columns; leave it out", spec.source);
    require_other_than_inputs({spec.out, spec.rejects}, spec.source, {spec.source});
    const auto lines = std::make_shared<data::TextLines>(spec.source, batch_rows);
    return [lines](data::RowBatch& batch) { return lines->next(batch); };
  }
  if (spec.id) use_id(schema, *spec.id, spec.source);
  data::RowStreamOptions options{.batch_rows = batch_rows};
  if (!spec.columns.empty()) options.asked_by = "--columns";
  const auto stream = std::make_shared<data::RowStream>(schema, spec.source, options);
  require_other_than_inputs({spec.out, spec.rejects}, spec.source, stream->files());
  return [stream](data::RowBatch& batch) { return stream->next(batch); };
}

std::string column_of(int64_t dimension) { return "v" + std::to_string(dimension); }

std::vector<data::TableWriter::ColumnSpec> columns_of(int64_t width) {
  std::vector<data::TableWriter::ColumnSpec> columns = {{.name = "id", .storage = data::Storage::kText}};
  for (int64_t k = 0; k < width; ++k) columns.push_back({.name = column_of(k), .single = true});
  return columns;
}

data::Table table_of(const std::vector<std::string>& ids, const package::Embeddings& embeddings, int64_t width) {
  data::Table table;
  table.rows = embeddings.rows;
  data::Texts texts;
  for (const std::string& id : ids) texts.append(id);
  table.columns.push_back({.name = "id", .values = std::move(texts)});
  for (int64_t k = 0; k < width; ++k) {
    data::Numbers numbers;
    for (int64_t row = 0; row < table.rows; ++row)
      numbers.values.push_back(embeddings.values[static_cast<size_t>(row * width + k)]);
    table.columns.push_back({.name = column_of(k), .values = std::move(numbers)});
  }
  return table;
}

package::Embedder make_embedder(const EmbedFileSpec& spec, const fs::path& directory) {
  package::EmbedderSpec embedder{.directory = directory, .pooling = spec.pooling, .schema = {}, .text = {}};
  embedder.max_tokens = spec.max_tokens;
  embedder.length = spec.length;
  embedder.precision = spec.precision;
  embedder.device = spec.device;
  const bool is_package = package::is_package(directory);
  RIFT_REQUIRE(!is_package || spec.columns.empty(), Code::kConfig,
               "{}: --columns: a package reads the columns that it was trained on; leave it out", directory.string());
  if (!is_package) embedder.schema = schema_of(spec);
  return package::Embedder(embedder);
}

}  // namespace

EmbedFileResult embed_file(const EmbedFileSpec& spec) {
  require_places(spec.out, spec.rejects);
  data::require_table_ending(spec.out);
  const fs::path directory = package::resolve_model(spec.model);
  const package::Embedder embedder = make_embedder(spec, directory);
  EmbedFileResult result;
  result.width = embedder.width();
  result.max_tokens = embedder.max_tokens();
  result.pooling = embedder.pooling();
  result.unit_length = embedder.unit_length();
  result.is_package = package::is_package(directory);
  const Stopwatch watch;
  const int64_t batch_rows = std::clamp<int64_t>(kValuesPerBatch / result.width, 256, 4096);
  const NextBatch next = open_source(spec, embedder.schema(), batch_rows);
  require_place_for(spec.out);
  data::TableWriter writer(spec.out, columns_of(result.width));
  const auto convert = [&](const data::RowBatch& batch) {
    const package::Embeddings embeddings = embedder.embed(batch.table);
    result.truncated += embeddings.truncated;
    return table_of(batch.id, embeddings, result.width);
  };
  static_cast<RowCounts&>(result) = convert_rows({next, convert, spec.rejects, "embedding"}, writer, watch);
  return result;
}

}  // namespace rift::study
