#include "rift/encode/text/training/alphabet.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "rift/encode/text/pipeline/byte_alphabet.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

std::string written(char32_t character) {
  std::string text;
  append_utf8(text, character);
  return text;
}

/// Tokens in the order of their coming; one that is there already keeps its id.
class Tokens {
 public:
  explicit Tokens(std::vector<std::string> special_tokens) {
    for (std::string& token : special_tokens) id(std::move(token));
  }
  int32_t id(std::string token) {
    const auto [place, added] = ids_.emplace(std::move(token), static_cast<int32_t>(tokens_.size()));
    if (added) tokens_.push_back(place->first);
    return place->second;
  }
  std::vector<std::string> take() { return std::move(tokens_); }

 private:
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<std::string> tokens_;
};

/// Calls visit(character, is_first) for each character of a word.
template <class Visit>
void for_each_character(std::string_view word, const Visit& visit) {
  for (size_t at = 0; at < word.size();) {
    const Decoded next = decode_valid(word, at);
    visit(next.character, at == 0);
    at += next.bytes;
  }
}

std::set<char32_t> kept_characters(const WordCounts& words, int64_t limit) {
  std::map<char32_t, int64_t> counts;
  for (const auto& [word, count] : words) {
    for_each_character(word, [&, times = count](char32_t character, bool) { counts[character] += times; });
  }
  std::vector<std::pair<int64_t, char32_t>> order;  // the most frequent first, of equal ones the lowest
  for (const auto& [character, count] : counts) order.emplace_back(-count, character);
  std::ranges::sort(order);
  if (limit > 0 && static_cast<int64_t>(order.size()) > limit) order.resize(static_cast<size_t>(limit));
  std::set<char32_t> kept;
  for (const auto& [count, character] : order) kept.insert(character);
  return kept;
}

}  // namespace

MergeLearning wordpiece_start(std::vector<std::string> special_tokens, const WordCounts& words, int64_t limit) {
  const std::set<char32_t> kept = kept_characters(words, limit);
  std::set<char32_t> inside;
  for (const auto& [word, count] : words) {
    for_each_character(word, [&](char32_t character, bool is_first) {
      if (!is_first && kept.contains(character)) inside.insert(character);
    });
  }
  MergeLearning start;
  start.prefix = "##";
  Tokens tokens(std::move(special_tokens));
  std::unordered_map<char32_t, int32_t> first_ids, inside_ids;
  for (const char32_t character : kept) first_ids[character] = tokens.id(written(character));
  for (const char32_t character : inside) inside_ids[character] = tokens.id(start.prefix + written(character));
  for (const auto& [word, count] : words) {
    CountedWord counted{.count = count};
    for_each_character(word, [&](char32_t character, bool is_first) {
      if (kept.contains(character)) counted.symbols.push_back((is_first ? first_ids : inside_ids).at(character));
    });
    start.words.push_back(std::move(counted));
  }
  start.tokens = tokens.take();
  return start;
}

MergeLearning byte_level_start(std::vector<std::string> special_tokens, const WordCounts& words) {
  std::map<char32_t, uint8_t> alphabet;  // in the order of what bytes are written as
  for (int byte = 0; byte < 256; ++byte) {
    alphabet[character_of_byte(static_cast<uint8_t>(byte))] = static_cast<uint8_t>(byte);
  }
  Tokens tokens(std::move(special_tokens));
  std::array<int32_t, 256> ids;
  for (const auto& [character, byte] : alphabet) ids[byte] = tokens.id(written(character));
  MergeLearning start;
  for (const auto& [word, count] : words) {
    CountedWord counted{.count = count};
    for (const char byte : word) counted.symbols.push_back(ids[static_cast<uint8_t>(byte)]);
    start.words.push_back(std::move(counted));
  }
  start.tokens = tokens.take();
  return start;
}

}  // namespace rift::encode::text
