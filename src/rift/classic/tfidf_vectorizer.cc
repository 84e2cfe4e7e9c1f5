#include "rift/classic/tfidf_vectorizer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/encode/text/words.h"

namespace rift::classic {
namespace {

using encode::text::for_each_char_ngram;
using encode::text::for_each_word;
using PieceVisitor = encode::text::PieceVisitor;

bool counts_words(const TfidfOptions& options) { return options.pieces != TextPieces::kCharacters; }
bool counts_characters(const TfidfOptions& options) { return options.pieces != TextPieces::kWords; }

/// Runs of 1..word_ngram words of each text, joined by one space.
void for_each_word_term(const Document& document, const TfidfOptions& options, const PieceVisitor& visit) {
  std::vector<std::string> words;
  std::string term;
  for (std::string_view text : document) {
    words.clear();
    for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
    for (size_t begin = 0; begin < words.size(); ++begin) {
      term.clear();
      const size_t end = std::min(words.size(), begin + static_cast<size_t>(options.word_ngram));
      for (size_t i = begin; i < end; ++i) {
        if (i > begin) term += ' ';
        term += words[i];
        visit(term);
      }
    }
  }
}

void for_each_character_term(const Document& document, const TfidfOptions& options, const PieceVisitor& visit) {
  for (std::string_view text : document)
    for_each_char_ngram(text, {.shortest = options.shortest, .longest = options.longest}, visit);
}

/// Sorts by column and adds up equal ones.
void gather(std::vector<SparseEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.column < b.column; });
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (kept > 0 && entries[kept - 1].column == entries[i].column) {
      entries[kept - 1].value += entries[i].value;
    } else {
      entries[kept++] = entries[i];
    }
  }
  entries.resize(kept);
}

void scale_to_unit_length(std::span<SparseEntry> entries, std::span<const double> values) {
  double squares = 0.0;
  for (double value : values) squares += value * value;
  const double length = squares > 0.0 ? std::sqrt(squares) : 1.0;
  for (size_t i = 0; i < entries.size(); ++i) entries[i].value = static_cast<float>(values[i] / length);
}

}  // namespace

struct TfidfVectorizer::TermCounts {
  TermIds ids;
  std::vector<const std::string*> names;  // by id, into the map
  std::vector<int64_t> rows_with;
  std::vector<int64_t> starts = {0};  // rows of (id, count)
  std::vector<SparseEntry> entries;
  std::vector<int32_t> column_of;  // by id after pruning, -1 = dropped

  template <class ForEach>
  void add_row(const ForEach& for_each) {
    std::vector<SparseEntry> row;
    for_each([&](std::string_view term) {
      auto found = ids.find(term);
      if (found == ids.end()) {
        found = ids.emplace(std::string(term), static_cast<int32_t>(names.size())).first;
        names.push_back(&found->first);
        rows_with.push_back(0);
      }
      row.push_back({found->second, 1.0f});
    });
    gather(row);
    for (const SparseEntry& entry : row) ++rows_with[static_cast<size_t>(entry.column)];
    entries.insert(entries.end(), row.begin(), row.end());
    starts.push_back(static_cast<int64_t>(entries.size()));
  }

  /// Ids to keep, in byte order of their terms.
  std::vector<int32_t> kept(const TfidfOptions& options) const {
    std::vector<int32_t> order;
    for (size_t id = 0; id < names.size(); ++id)
      if (rows_with[id] >= options.min_rows) order.push_back(static_cast<int32_t>(id));
    const auto name = [&](int32_t id) -> const std::string& { return *names[static_cast<size_t>(id)]; };
    if (order.size() > static_cast<size_t>(options.max_terms)) {
      const auto rows = [&](int32_t id) { return rows_with[static_cast<size_t>(id)]; };
      std::sort(order.begin(), order.end(),
                [&](int32_t a, int32_t b) { return rows(a) != rows(b) ? rows(a) > rows(b) : name(a) < name(b); });
      order.resize(static_cast<size_t>(options.max_terms));
    }
    std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return name(a) < name(b); });
    return order;
  }

  void append_row(size_t row, std::vector<SparseEntry>& to) const {
    for (auto i = static_cast<size_t>(starts[row]); i < static_cast<size_t>(starts[row + 1]); ++i) {
      const int32_t column = column_of[static_cast<size_t>(entries[i].column)];
      if (column >= 0) to.push_back({column, entries[i].value});
    }
  }
};

void TfidfOptions::check(std::string_view path) const {
  RIFT_REQUIRE(shortest <= longest, Code::kConfig, "{}.shortest: expected at most longest ({}), got {}", path, longest,
               shortest);
}

NoTerms::NoTerms(int64_t training_rows, int64_t min_rows)
    : Error(Code::kData,
            fmt::format("the texts of the {} training rows share no term: no word or character run stands in "
                        "{} rows; leave the text baseline out of compare.models",
                        training_rows, min_rows)) {}

TfidfVectorizer TfidfVectorizer::fit(std::span<const Document> documents, const TfidfOptions& options,
                                     SparseMatrix* matrix) {
  TermCounts words, characters;
  for (size_t i = 0; i < documents.size(); ++i) {
    if (i % 256 == 0) throw_if_interrupted();
    const Document& document = documents[i];
    if (counts_words(options))
      words.add_row([&](const PieceVisitor& visit) { for_each_word_term(document, options, visit); });
    if (counts_characters(options))
      characters.add_row([&](const PieceVisitor& visit) { for_each_character_term(document, options, visit); });
  }
  TfidfVectorizer vectorizer;
  vectorizer.options_ = options;
  const auto rows = static_cast<int64_t>(documents.size());
  const auto append = [&](TermCounts& counts) {
    counts.column_of.assign(counts.names.size(), -1);
    for (int32_t id : counts.kept(options)) {
      const auto at = static_cast<size_t>(id);
      counts.column_of[at] = static_cast<int32_t>(vectorizer.terms_.size());
      vectorizer.terms_.push_back(*counts.names[at]);
      vectorizer.idf_.push_back(
          std::log(static_cast<double>(1 + rows) / static_cast<double>(1 + counts.rows_with[at])) + 1.0);
    }
  };
  append(words);
  vectorizer.word_columns_ = vectorizer.columns();
  append(characters);
  if (vectorizer.columns() == 0) throw NoTerms(rows, options.min_rows);
  vectorizer.index();
  if (!matrix) return vectorizer;

  *matrix = SparseMatrix(vectorizer.columns());
  std::vector<SparseEntry> row;
  for (size_t i = 0; i < documents.size(); ++i) {
    row.clear();
    if (counts_words(options)) words.append_row(i, row);
    if (counts_characters(options)) characters.append_row(i, row);
    gather(row);
    matrix->append_row(vectorizer.weighted(std::move(row)));
    row = {};
  }
  return vectorizer;
}

bool TfidfVectorizer::has_terms(std::span<const Document> documents, const TfidfOptions& options) {
  constexpr size_t kBlock = 256;
  TermCounts counts;
  for (size_t i = 0; i < documents.size(); ++i) {
    counts.add_row([&](const PieceVisitor& visit) {
      if (counts_words(options)) for_each_word_term(documents[i], options, visit);
      if (counts_characters(options)) for_each_character_term(documents[i], options, visit);
    });
    if ((i + 1) % kBlock != 0 && i + 1 != documents.size()) continue;
    throw_if_interrupted();
    if (std::ranges::any_of(counts.rows_with, [&](int64_t rows) { return rows >= options.min_rows; })) return true;
  }
  return false;
}

std::vector<SparseEntry> TfidfVectorizer::weighted(std::vector<SparseEntry> counts) const {
  std::vector<double> values;
  for (const SparseEntry& entry : counts) {
    const double count = static_cast<double>(entry.value);
    values.push_back((options_.sublinear ? 1.0 + std::log(count) : count) * idf_[static_cast<size_t>(entry.column)]);
  }
  const auto border = std::partition_point(counts.begin(), counts.end(),
                                           [&](const SparseEntry& entry) { return entry.column < word_columns_; });
  const auto words = static_cast<size_t>(border - counts.begin());
  scale_to_unit_length(std::span(counts).first(words), std::span(values).first(words));
  scale_to_unit_length(std::span(counts).subspan(words), std::span(values).subspan(words));
  return counts;
}

std::vector<SparseEntry> TfidfVectorizer::transform(const Document& document) const {
  std::vector<SparseEntry> counts;
  const auto count_in = [&](const TermIds& ids) {
    return [&](std::string_view term) {
      if (const auto found = ids.find(term); found != ids.end()) counts.push_back({found->second, 1.0f});
    };
  };
  if (counts_words(options_)) for_each_word_term(document, options_, count_in(word_ids_));
  if (counts_characters(options_)) for_each_character_term(document, options_, count_in(character_ids_));
  gather(counts);
  return weighted(std::move(counts));
}

SparseMatrix TfidfVectorizer::transform(std::span<const Document> documents) const {
  SparseMatrix matrix(columns());
  for (const Document& document : documents) matrix.append_row(transform(document));
  return matrix;
}

void TfidfVectorizer::index() {
  for (size_t i = 0; i < terms_.size(); ++i) {
    TermIds& ids = static_cast<int64_t>(i) < word_columns_ ? word_ids_ : character_ids_;
    RIFT_REQUIRE(ids.emplace(terms_[i], static_cast<int32_t>(i)).second, Code::kArtefact,
                 "tfidf: term {} stands in the list twice", i);
  }
}

std::string TfidfVectorizer::terms_text() const {
  std::string text;
  for (const std::string& term : terms_) {
    text += term;
    text += '\n';
  }
  return text;
}

Json TfidfVectorizer::header() const {
  return Json{
      {"options", write_options(options_)}, {"words", word_columns_}, {"characters", columns() - word_columns_}};
}

TfidfVectorizer TfidfVectorizer::load(const Json& header, std::string_view terms_text, std::vector<double> idf) {
  TfidfVectorizer vectorizer;
  try {
    read_options(header.at("options"), "tfidf", vectorizer.options_);
  } catch (const Error& error) {
    throw Error(Code::kArtefact, error.message(), error.where());
  }
  for (size_t begin = 0; begin < terms_text.size();) {
    const size_t end = terms_text.find('\n', begin);
    RIFT_REQUIRE(end != std::string_view::npos, Code::kArtefact, "tfidf: the list of terms is cut off");
    vectorizer.terms_.emplace_back(terms_text.substr(begin, end - begin));
    begin = end + 1;
  }
  const int64_t words = header.at("words").as_int(), characters = header.at("characters").as_int();
  RIFT_REQUIRE(words >= 0 && characters >= 0 && words + characters == vectorizer.columns() &&
                   idf.size() == vectorizer.terms_.size(),
               Code::kArtefact, "tfidf: expected {} + {} terms, got {} and {} weights", words, characters,
               vectorizer.columns(), idf.size());
  vectorizer.word_columns_ = words;
  vectorizer.idf_ = std::move(idf);
  vectorizer.index();
  return vectorizer;
}

}  // namespace rift::classic
