#include "rift/classic/tfidf_vectorizer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "classic/golden.h"
#include "rift/base/error.h"

namespace rift::classic {
namespace {

std::vector<Document> documents(const std::vector<std::string>& texts) {
  std::vector<Document> result;
  for (const std::string& text : texts) result.push_back({text});
  return result;
}

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> values;
  for (const Json& item : list.as_array()) values.push_back(item.as_string());
  return values;
}

std::vector<std::string> terms(const TfidfVectorizer& vectorizer) {
  std::vector<std::string> values;
  for (int64_t j = 0; j < vectorizer.columns(); ++j) values.push_back(vectorizer.term(j));
  return values;
}

void expect_rows(const TfidfVectorizer& vectorizer, const SparseMatrix& matrix, const Json& expected) {
  ASSERT_EQ(matrix.rows(), static_cast<int64_t>(expected.size()));
  for (int64_t i = 0; i < matrix.rows(); ++i) {
    const Json& row = expected.at(static_cast<size_t>(i));
    ASSERT_EQ(matrix.row(i).size(), row.size()) << "row " << i;
    for (const SparseEntry& entry : matrix.row(i))
      EXPECT_NEAR(entry.value, row.at(vectorizer.term(entry.column)).as_double(), 1e-7) << "row " << i;
  }
}

void expect_same_rows(const SparseMatrix& a, const SparseMatrix& b) {
  ASSERT_EQ(a.rows(), b.rows());
  for (int64_t i = 0; i < a.rows(); ++i) {
    ASSERT_EQ(a.row(i).size(), b.row(i).size());
    for (size_t j = 0; j < a.row(i).size(); ++j) {
      EXPECT_EQ(a.row(i)[j].column, b.row(i)[j].column);
      EXPECT_EQ(a.row(i)[j].value, b.row(i)[j].value);
    }
  }
}

class TfidfGolden : public testing::TestWithParam<std::pair<const char*, TfidfOptions>> {};

TEST_P(TfidfGolden, EqualsScikitLearn) {
  const Json golden = read_golden("tfidf_golden.json");
  const Json& expected = golden.at("cases").at(GetParam().first);
  const auto texts = strings(golden.at("texts")), fresh = strings(golden.at("new"));
  SparseMatrix matrix;
  const auto vectorizer = TfidfVectorizer::fit(documents(texts), GetParam().second, &matrix);
  EXPECT_EQ(terms(vectorizer), strings(expected.at("terms")));
  expect_rows(vectorizer, matrix, expected.at("fitted"));
  expect_rows(vectorizer, vectorizer.transform(documents(fresh)), expected.at("new"));
  expect_same_rows(matrix, vectorizer.transform(documents(texts)));
}

INSTANTIATE_TEST_SUITE_P(Settings, TfidfGolden,
                         testing::Values(std::pair<const char*, TfidfOptions>{"words", {.min_rows = 1}},
                                         std::pair<const char*, TfidfOptions>{
                                             "words_plain", {.word_ngram = 1, .min_rows = 2, .sublinear = false}},
                                         std::pair<const char*, TfidfOptions>{
                                             "characters", {.pieces = TextPieces::kCharacters, .min_rows = 2}}),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(TfidfVectorizer, WordsAndCharactersAreTwoBlocksOfUnitLength) {
  const std::vector<std::string> texts = {"car loan", "car loan", "house"};
  const auto vectorizer = TfidfVectorizer::fit(documents(texts), {.pieces = TextPieces::kBoth, .min_rows = 1});
  const int64_t word_columns = vectorizer.header().at("words").as_int();
  EXPECT_GT(word_columns, 0);
  EXPECT_GT(vectorizer.columns(), word_columns);
  double words = 0.0, characters = 0.0;
  for (const SparseEntry& entry : vectorizer.transform(Document{"car loan"}))
    (entry.column < word_columns ? words : characters) += entry.value * entry.value;
  EXPECT_NEAR(words, 1.0, 1e-6);
  EXPECT_NEAR(characters, 1.0, 1e-6);
}

TEST(TfidfVectorizer, TermsDoNotReachAcrossColumns) {
  const std::vector<Document> rows = {{"red car", "blue"}, {"red car", "blue"}};
  EXPECT_EQ(terms(TfidfVectorizer::fit(rows, {.min_rows = 1})),
            (std::vector<std::string>{"blue", "car", "red", "red car"}));
}

TEST(TfidfVectorizer, TermsOfTheMostRowsAreKeptTiesByBytes) {
  const std::vector<std::string> texts = {"dd aa bb", "dd aa cc", "dd bb cc"};
  EXPECT_EQ(terms(TfidfVectorizer::fit(documents(texts), {.word_ngram = 1, .min_rows = 1, .max_terms = 2})),
            (std::vector<std::string>{"aa", "dd"}));
}

TEST(TfidfVectorizer, SavedAndLoadedGivesTheSameRows) {
  const std::vector<std::string> texts = {"我想借五千元", "car loan 贷款", "car\xFF", "二 loan"};
  SparseMatrix matrix;
  const auto vectorizer = TfidfVectorizer::fit(documents(texts), {.pieces = TextPieces::kBoth, .min_rows = 1}, &matrix);
  const auto loaded =
      TfidfVectorizer::load(parse_json(to_json_text(vectorizer.header()), "test"), vectorizer.terms_text(),
                            {vectorizer.idf().begin(), vectorizer.idf().end()});
  expect_same_rows(matrix, loaded.transform(documents(texts)));
}

TEST(TfidfVectorizer, PartsThatDoNotFitAreAnArtefactError) {
  const auto vectorizer = TfidfVectorizer::fit(documents({"aa bb", "aa cc"}), {.min_rows = 1});
  const Json header = vectorizer.header();
  const std::vector<double> idf(vectorizer.idf().begin(), vectorizer.idf().end());
  for (const std::string& text : {std::string("aa\nbb"), std::string("aa\n"), std::string("aa\naa\nbb\ncc\nee\n")}) {
    try {
      TfidfVectorizer::load(header, text, idf);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kArtefact);
    }
  }
}

TEST(TfidfVectorizer, TextsWithoutAnyTermAreADataError) {
  try {
    TfidfVectorizer::fit(documents({"", "!", "a"}), {.min_rows = 1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kData);
  }
}

}  // namespace
}  // namespace rift::classic
