#include "rift/encode/text/wordpiece.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/word_cache.h"

namespace rift::encode::text {
namespace {

std::string at_line(int line) { return line > 0 ? fmt::format("line {}: ", line) : std::string(); }

WordTable whole_words_of(const Vocabulary& vocabulary, int64_t max_characters) {
  std::vector<WordTable::Entry> entries;
  for (int64_t id = 0; id < vocabulary.size(); ++id) {
    const auto token = vocabulary.token(id);
    if (token.empty() || token.size() > ShortWord::kMostBytes || count_characters(token) > max_characters) continue;
    entries.push_back({token, static_cast<int32_t>(id)});
  }
  return WordTable(entries);
}

}  // namespace

Vocabulary::Vocabulary(std::vector<Token> tokens, std::string_view source) {
  RIFT_REQUIRE(!tokens.empty(), Code::kArtefact, "{}: the vocabulary is empty", source);
  const int64_t allowed = std::min<int64_t>(kMostIds, 4 * static_cast<int64_t>(tokens.size()) + 1000);
  int64_t highest = 0;
  size_t bytes = 0;
  for (const Token& token : tokens) {
    RIFT_REQUIRE(token.id >= 0 && token.id < allowed, Code::kArtefact,
                 "{}: {}token '{}' has id {}; expected 0 to {} for a vocabulary of {} tokens", source,
                 at_line(token.line), shorten(token.text), token.id, allowed - 1, tokens.size());
    RIFT_REQUIRE(token.text.size() <= kLongestToken, Code::kArtefact, "{}: {}token {} has {} bytes, more than {}",
                 source, at_line(token.line), token.id, token.text.size(), kLongestToken);
    highest = std::max(highest, token.id);
    bytes += token.text.size();
  }
  RIFT_REQUIRE(static_cast<int64_t>(bytes) <= kMostBytes, Code::kArtefact,
               "{}: the tokens of the vocabulary take {} bytes, more than the {} that are read", source, bytes,
               kMostBytes);
  std::vector<const Token*> by_id(static_cast<size_t>(highest) + 1);
  for (const Token& token : tokens) {
    const Token*& place = by_id[static_cast<size_t>(token.id)];
    RIFT_REQUIRE(place == nullptr, Code::kArtefact, "{}: {}tokens '{}' and '{}' have the same id {}", source,
                 at_line(token.line), shorten(place->text), shorten(token.text), token.id);
    place = &token;
  }
  bytes_.reserve(bytes);
  begins_.reserve(by_id.size() + 1);
  for (const Token* token : by_id) {
    begins_.push_back(static_cast<uint32_t>(bytes_.size()));
    if (token != nullptr) bytes_ += token->text;
  }
  begins_.push_back(static_cast<uint32_t>(bytes_.size()));
}

std::string_view Vocabulary::token(int64_t id) const {
  if (id < 0 || id >= size()) return {};
  const size_t begin = begins_[static_cast<size_t>(id)];
  return std::string_view(bytes_).substr(begin, begins_[static_cast<size_t>(id) + 1] - begin);
}

ByteTrie Vocabulary::trie(OfEqual which) const {
  std::vector<ByteTrie::Entry> entries;
  entries.reserve(static_cast<size_t>(size()));
  for (int64_t id = 0; id < size(); ++id) {
    if (const auto text = token(id); !text.empty()) entries.push_back({text, static_cast<int32_t>(id)});
  }
  if (which == OfEqual::kLast) std::ranges::reverse(entries);
  return ByteTrie(std::move(entries));
}

WordPiece::WordPiece(Vocabulary vocabulary, const WordPieceOptions& options, std::string_view source)
    : vocabulary_(std::move(vocabulary)),
      trie_(vocabulary_.trie()),
      whole_(whole_words_of(vocabulary_, options.max_input_chars_per_word)),
      continuing_(trie_.find(options.continuing_subword_prefix)),
      max_characters_(options.max_input_chars_per_word),
      unk_id_(id(options.unk_token)),
      number_(WordCache::next_number()) {
  RIFT_REQUIRE(unk_id_ >= 0, Code::kArtefact, "{}: the unknown token '{}' is not in the vocabulary", source,
               shorten(options.unk_token));
}

void WordPiece::split(std::string_view word, std::vector<Piece>& pieces) const {
  const size_t before = pieces.size();
  const auto size = static_cast<uint32_t>(word.size());
  const bool too_long = static_cast<int64_t>(size) > max_characters_ && count_characters(word) > max_characters_;
  for (uint32_t begin = 0; begin < size && !too_long;) {
    const auto match = trie_.longest(word.substr(begin), begin == 0 ? ByteTrie::kRoot : continuing_);
    if (match.bytes == 0) break;
    const auto end = static_cast<uint32_t>(begin + match.bytes);
    pieces.push_back({match.value, end});
    begin = end;
  }
  if (pieces.size() > before && pieces.back().end == size) return;
  pieces.resize(before);
  pieces.push_back({unk_id_, size});
}

}  // namespace rift::encode::text
