#include "rift/encode/text/added_vocabulary.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {
namespace {

AddedTokenMatcher matcher_of(const std::vector<AddedToken>& tokens, bool normalized,
                             const AddedVocabulary::Around& around) {
  std::vector<AddedTokenMatcher::Pattern> patterns;
  for (const AddedToken& token : tokens) {
    if (token.normalized != normalized) continue;
    std::string text = normalized ? around.normalized_text(token.content) : token.content;
    RIFT_REQUIRE(!text.empty(), Code::kUnsupported, "{}: the normalizer leaves nothing of added token {}",
                 around.source, token.id);
    RIFT_REQUIRE(text.size() <= kLongestToken, Code::kArtefact, "{}: added token {} has {} bytes, more than {}",
                 around.source, token.id, text.size(), kLongestToken);
    patterns.push_back({std::move(text), token});
  }
  return AddedTokenMatcher(std::move(patterns));
}

}  // namespace

AddedVocabulary::AddedVocabulary(std::vector<AddedToken> tokens, const Around& around)
    : vocab_size_(around.vocab_size), raw_({}), normalized_({}) {
  RIFT_REQUIRE(tokens.size() <= kMostTokens, Code::kArtefact, "{}: {} added tokens, more than {}", around.source,
               tokens.size(), kMostTokens);
  for (const AddedToken& token : tokens) {
    RIFT_REQUIRE(!token.content.empty(), Code::kArtefact, "{}: added token {} is empty", around.source, token.id);
    const int32_t known = around.id(token.content);
    const std::string_view owner = around.token(token.id);
    RIFT_REQUIRE(token.id >= 0 && token.id < Vocabulary::kMostIds && (known < 0 || known == token.id) &&
                     (owner.empty() || owner == token.content),
                 Code::kArtefact, "{}: added token '{}' has id {}, but the vocabulary gives it {} and that id to '{}'",
                 around.source, shorten(token.content), token.id, known, shorten(owner));
    const bool new_text = ids_.emplace(token.content, token.id).second;
    const bool new_id = texts_.emplace(token.id, token.content).second;
    RIFT_REQUIRE(new_text && new_id, Code::kArtefact, "{}: added token '{}' (id {}) is given twice", around.source,
                 shorten(token.content), token.id);
    vocab_size_ = std::max<int64_t>(vocab_size_, token.id + 1);
  }
  std::stable_sort(tokens.begin(), tokens.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.special > b.special; });
  raw_ = matcher_of(tokens, false, around);
  normalized_ = matcher_of(tokens, true, around);
}

int32_t AddedVocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found != ids_.end() ? found->second : -1;
}

std::string_view AddedVocabulary::token(int32_t id) const {
  const auto found = texts_.find(id);
  return found != texts_.end() ? std::string_view(found->second) : std::string_view();
}

}  // namespace rift::encode::text
