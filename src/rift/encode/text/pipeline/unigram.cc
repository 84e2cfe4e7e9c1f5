#include "rift/encode/text/pipeline/unigram.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/encode/text/kept_buffer.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/word_cache.h"

namespace rift::encode::text {
namespace {

constexpr double kUnknownPenalty = 10;

}  // namespace

Unigram::Unigram(Vocabulary vocabulary, UnigramOptions options, std::string_view source)
    : vocabulary_(std::move(vocabulary)),
      options_(std::move(options)),
      ids_(vocabulary_.trie(Vocabulary::OfEqual::kLast)),
      number_(WordCache::next_number()) {
  const auto& scores = options_.scores;
  RIFT_REQUIRE(static_cast<int64_t>(scores.size()) == vocabulary_.size(), Code::kArtefact,
               "{}: {} scores for {} tokens", source, scores.size(), vocabulary_.size());
  RIFT_REQUIRE(std::ranges::all_of(scores, [](double score) { return std::isfinite(score); }), Code::kArtefact,
               "{}: the score of a token is not a finite number", source);
  RIFT_REQUIRE(!options_.unk_id || (*options_.unk_id >= 0 && *options_.unk_id < vocabulary_.size()), Code::kArtefact,
               "{}: the unknown token's id {} is not in the vocabulary", source, options_.unk_id.value_or(-1));
  unk_score_ = *std::ranges::min_element(scores) - kUnknownPenalty;
  for (size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    byte_ids_[byte] = options_.byte_fallback ? ids_.value(fmt::format("<0x{:02X}>", byte)) : -1;
  }
}

void Unigram::find_paths(std::string_view word, std::vector<Node>& nodes) const {
  nodes.assign(word.size() + 1, Node());
  const int32_t unknown = options_.unk_id.value_or(-2);
  for (uint32_t begin = 0; begin < word.size();) {
    const uint32_t bytes = decode_valid(word, begin).bytes;
    const double so_far = nodes[begin].score;
    const auto offer = [&](uint32_t end, int32_t id, double score) {
      Node& node = nodes[end];
      if (node.id == -1 || so_far + score > node.score) node = {so_far + score, begin, id};
    };
    bool has_character = false;
    ids_.for_each_prefix(word.substr(begin), [&](size_t size, int32_t id) {
      has_character |= size == bytes;
      offer(begin + static_cast<uint32_t>(size), id, options_.scores[static_cast<size_t>(id)]);
    });
    if (!has_character) offer(begin + bytes, unknown, unk_score_);
    begin += bytes;
  }
}

void Unigram::split(std::string_view word, std::vector<Piece>& pieces) const {
  thread_local std::vector<Node> nodes;
  thread_local std::vector<Piece> path;  // from the end
  find_paths(word, nodes);
  path.clear();
  const int32_t unknown = options_.unk_id.value_or(-2);
  for (auto end = static_cast<uint32_t>(word.size()); end > 0; end = nodes[end].begin) {
    const bool fuses = nodes[end].id == unknown && !path.empty() && path.back().id == unknown;
    if (!fuses) path.push_back({nodes[end].id, end});
  }
  uint32_t begin = 0;
  for (auto piece = path.rbegin(); piece != path.rend(); ++piece) {
    if (piece->id == unknown) {
      append_token(word.substr(begin, piece->end - begin), piece->end, pieces);
    } else {
      pieces.push_back(*piece);
    }
    begin = piece->end;
  }
  keep_small(nodes);
  keep_small(path);
}

/// Of unknown characters in a row, which together may be a token after all.
void Unigram::append_token(std::string_view text, uint32_t end, std::vector<Piece>& pieces) const {
  if (const int32_t id = ids_.value(text); id >= 0) return pieces.push_back({id, end});
  const auto byte_id = [this](char byte) { return byte_ids_[static_cast<uint8_t>(byte)]; };
  if (std::ranges::all_of(text, [&](char byte) { return byte_id(byte) >= 0; })) {
    for (const char byte : text) pieces.push_back({byte_id(byte), end});
  } else if (options_.unk_id) {
    pieces.push_back({*options_.unk_id, end});
  }
}

}  // namespace rift::encode::text
