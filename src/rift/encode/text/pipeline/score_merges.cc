#include "rift/encode/text/pipeline/score_merges.h"

#include <algorithm>
#include <tuple>

#include "rift/base/error.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr size_t kMostMerges = 4'000'000;
constexpr size_t kMostMergeBytes = size_t{64} << 20;  // of their tokens together

/// A token cut in two tokens behind `left_bytes`.
struct Cut {
  size_t token = 0, left_bytes = 0;
  int32_t left_id = 0, right_id = 0;
  int64_t left_characters = 0, right_characters = 0;
};

}  // namespace

std::vector<BpeOptions::Merge> merges_of_scores(const std::vector<ScoredToken>& tokens, std::string_view source) {
  std::vector<ByteTrie::Entry> entries;
  size_t token_bytes = 0;
  for (size_t id = 0; id < tokens.size(); ++id) {
    RIFT_REQUIRE(tokens[id].text.size() <= kLongestToken, Code::kArtefact, "{}: token {} has {} bytes, more than {}",
                 source, id, tokens[id].text.size(), kLongestToken);
    token_bytes += tokens[id].text.size();
    if (!tokens[id].text.empty()) entries.push_back({tokens[id].text, static_cast<int32_t>(id)});
  }
  RIFT_REQUIRE(static_cast<int64_t>(token_bytes) <= Vocabulary::kMostBytes, Code::kArtefact,
               "{}: the tokens take {} bytes, more than the {} that are read", source, token_bytes,
               Vocabulary::kMostBytes);
  const ByteTrie ids(std::move(entries));
  std::vector<Cut> cuts;
  size_t merge_bytes = 0;
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view text = tokens[id].text;
    if (text.empty()) continue;
    // Each would give the merges of the first one again, which say nothing new.
    if (ids.value(text) != static_cast<int32_t>(id)) {
      RIFT_FAIL(Code::kArtefact, "{}: tokens {} and {} are both '{}'", source, ids.value(text), id, shorten(text));
    }
    const auto before = static_cast<int64_t>(cuts.size());
    ids.for_each_prefix(text, [&](size_t bytes, int32_t left) {
      const int32_t right = bytes < text.size() ? ids.value(text.substr(bytes)) : -1;
      if (right < 0) return;
      cuts.push_back(
          {id, bytes, left, right, count_characters(text.substr(0, bytes)), count_characters(text.substr(bytes))});
      merge_bytes += text.size();
    });
    RIFT_REQUIRE(cuts.size() <= kMostMerges && merge_bytes <= kMostMergeBytes, Code::kArtefact,
                 "{}: the tokens up to {} give {} merges of {} bytes, more than {} of {}", source, id, cuts.size(),
                 merge_bytes, kMostMerges, kMostMergeBytes);
    std::ranges::sort(cuts.begin() + before, cuts.end(), {},
                      [](const Cut& cut) { return std::pair(cut.left_id, cut.right_id); });
  }
  std::ranges::stable_sort(cuts, std::ranges::greater(), [&](const Cut& cut) {
    return std::tuple(tokens[cut.token].score, cut.left_characters, cut.right_characters);
  });
  std::vector<BpeOptions::Merge> merges;
  merges.reserve(cuts.size());
  for (const Cut& cut : cuts) {
    const std::string& text = tokens[cut.token].text;
    merges.push_back({text.substr(0, cut.left_bytes), text.substr(cut.left_bytes)});
  }
  return merges;
}

}  // namespace rift::encode::text
