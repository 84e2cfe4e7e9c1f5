#include "rift/classic/text_baseline.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/classic/feature_columns.h"
#include "rift/classic/task_linear.h"
#include "rift/classic/text_documents.h"

namespace rift::classic {
namespace {

constexpr std::string_view kSettings = "parts/tfidf.json";
constexpr std::string_view kTerms = "parts/tfidf.terms.txt";
constexpr std::string_view kNumbers = "parts/tfidf.f64";
constexpr int64_t kBlockRows = 4096;  // scored at once: what bounds the memory for terms

static_assert(std::endian::native == std::endian::little, "tfidf.f64 is written as memory holds it");

std::string_view bytes_of(std::span<const double> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::vector<double> take_doubles(std::string_view& bytes, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(double));
  bytes.remove_prefix(values.size() * sizeof(double));
  for (double value : values)
    RIFT_REQUIRE(std::isfinite(value), Code::kArtefact, "{}: holds a number that is not finite", kNumbers);
  return values;
}

/// The columns that are read: all features where the row is written out, else its texts.
data::Schema schema_of(const data::Schema& schema, const encode::text::RowText& text) {
  return reduced_schema(schema, [&](const data::Field& field) {
    const auto& columns = text.columns();
    return field.kind == data::Kind::kText ? std::find(columns.begin(), columns.end(), field.name) != columns.end()
                                           : text.writes_table();
  });
}

}  // namespace

struct TextBaseline::Impl {
  data::Schema schema;
  encode::text::RowTextOptions text_options;
  std::optional<encode::text::RowText> text;
  TfidfVectorizer vectorizer;
  SparseLinear model;

  void read_as(const data::Schema& full, const encode::text::RowTextOptions& options) {
    text.emplace(require_text(full, options));
    text_options = options;
    schema = schema_of(full, *text);
  }
};

TextBaseline::TextBaseline() : impl_(std::make_unique<Impl>()) {}
TextBaseline::~TextBaseline() = default;
const data::Schema& TextBaseline::schema() const { return impl_->schema; }

std::unique_ptr<TextBaseline> TextBaseline::fit(const data::Dataset& dataset, std::span<const int64_t> rows,
                                                const TextBaselineOptions& options) {
  std::unique_ptr<TextBaseline> model(new TextBaseline);
  Impl& impl = *model->impl_;
  impl.read_as(dataset.schema, options.text);
  SparseMatrix matrix;
  {
    const TextDocuments documents(*impl.text, dataset.table, rows);
    impl.vectorizer = TfidfVectorizer::fit(documents.documents(), options.tfidf, &matrix);
  }
  impl.model = fit_task_linear(matrix, dataset, rows, options.c);
  return model;
}

score::RawScores TextBaseline::score(const data::Table& rows) const {
  score::RawScores raw{.rows = rows.rows, .outputs = impl_->model.outputs};
  raw.values.reserve(static_cast<size_t>(raw.rows * raw.outputs));
  const std::vector<int64_t> all = all_rows(rows);
  for (int64_t begin = 0; begin < rows.rows; begin += kBlockRows) {
    const auto count = static_cast<size_t>(std::min(kBlockRows, rows.rows - begin));
    const TextDocuments documents(*impl_->text, rows, std::span(all).subspan(static_cast<size_t>(begin), count));
    const auto values = predict_all(impl_->model, impl_->vectorizer.transform(documents.documents()));
    raw.values.insert(raw.values.end(), values.begin(), values.end());
  }
  return raw;
}

Json TextBaseline::save(const std::filesystem::path& package) const {
  std::filesystem::create_directories((package / kSettings).parent_path());
  const Json settings{{"text", write_options(impl_->text_options)},
                      {"tfidf", impl_->vectorizer.header()},
                      {"outputs", impl_->model.outputs}};
  write_file_atomic(package / kSettings, to_json_text(settings, 1) + "\n");
  write_file_atomic(package / kTerms, impl_->vectorizer.terms_text());
  const std::string_view numbers[] = {bytes_of(impl_->vectorizer.idf()), bytes_of(impl_->model.coefficients),
                                      bytes_of(impl_->model.intercepts)};
  write_file_atomic(package / kNumbers, numbers);
  return Json{{"kind", name()}, {"file", kSettings}};
}

std::unique_ptr<TextBaseline> TextBaseline::load(const std::filesystem::path& package, const Json&,
                                                 const data::Schema& schema) {
  std::unique_ptr<TextBaseline> model(new TextBaseline);
  Impl& impl = *model->impl_;
  const Json settings = parse_json(read_file(package / kSettings), kSettings);
  try {
    encode::text::RowTextOptions text;
    read_options(settings.at("text"), kSettings, text);
    impl.read_as(schema, text);
  } catch (const Error& error) {
    throw Error(Code::kArtefact, error.message(), error.where());
  }
  impl.model.outputs = settings.at("outputs").as_int();
  RIFT_REQUIRE(impl.model.outputs == schema.outputs(), Code::kArtefact,
               "{}: the number of outputs is not that of the classes", kSettings);
  const std::string terms = read_file(package / kTerms), numbers = read_file(package / kNumbers);
  const auto columns = static_cast<int64_t>(std::count(terms.begin(), terms.end(), '\n'));
  const int64_t expected = columns + (columns + 1) * impl.model.outputs;
  RIFT_REQUIRE(static_cast<int64_t>(numbers.size()) == expected * static_cast<int64_t>(sizeof(double)), Code::kArtefact,
               "{}: expected {} numbers of 8 bytes, got {} bytes", kNumbers, expected, numbers.size());
  std::string_view left = numbers;
  impl.vectorizer = TfidfVectorizer::load(settings.at("tfidf"), terms, take_doubles(left, columns));
  impl.model.coefficients = take_doubles(left, columns * impl.model.outputs);
  impl.model.intercepts = take_doubles(left, impl.model.outputs);
  return model;
}

}  // namespace rift::classic
