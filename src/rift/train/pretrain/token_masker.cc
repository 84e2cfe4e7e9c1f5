#include "rift/train/pretrain/token_masker.h"

#include <utility>

#include "rift/base/error.h"
#include "rift/base/random.h"
#include "rift/encode/text/word_starts.h"

namespace rift::train {
namespace {

constexpr uint64_t kStreamMask = uint64_t{0x6d61736b} << 32;
constexpr uint64_t kDrawsPerPlace = 3;
enum Purpose : uint64_t { kHide, kReplace, kOther };

constexpr double kBecomesMask = 0.8;
constexpr double kBecomesOther = 0.9;  // 0.8 .. 0.9; the rest stay

CounterRandom random_of(const TokenMasker::Draw& draw) {
  const auto epoch = static_cast<uint64_t>(draw.epoch);
  return {draw.seed, splitmix64(draw.row_key ^ splitmix64(kStreamMask + epoch))};
}

uint64_t index_of(size_t place, Purpose purpose) { return place * kDrawsPerPlace + purpose; }

}  // namespace

std::vector<int64_t> TokenMasker::places(std::span<const int32_t> ids, const Draw& draw) const {
  const CounterRandom random = random_of(draw);
  const auto is_special = [&](size_t place) { return vocabulary_.special[static_cast<size_t>(ids[place])] != 0; };
  std::vector<int64_t> hidden, nearest;
  double least = 2.0;
  for (size_t first = 0; first < ids.size();) {
    if (is_special(first)) {
      ++first;
      continue;
    }
    size_t last = first + 1;
    while (rule_.whole_word && last < ids.size() && !is_special(last) &&
           vocabulary_.begins_word[static_cast<size_t>(ids[last])] == 0) {
      ++last;
    }
    const double drawn = random.uniform(index_of(first, kHide));
    std::vector<int64_t>* to = drawn < rule_.share ? &hidden : nullptr;
    if (to == nullptr && hidden.empty() && drawn < least) {
      nearest.clear();
      to = &nearest;
      least = drawn;
    }
    for (size_t place = first; to != nullptr && place < last; ++place) to->push_back(static_cast<int64_t>(place));
    first = last;
  }
  return hidden.empty() ? nearest : hidden;
}

int64_t TokenMasker::count(std::span<const int32_t> ids, const Draw& draw) const {
  return static_cast<int64_t>(places(ids, draw).size());
}

MaskedRow TokenMasker::masked(std::span<const int32_t> ids, const Draw& draw) const {
  const CounterRandom random = random_of(draw);
  MaskedRow row{.ids = {ids.begin(), ids.end()}, .places = places(ids, draw), .hidden = {}};
  for (const int64_t place : row.places) {
    const auto at = static_cast<size_t>(place);
    row.hidden.push_back(ids[at]);
    const double replaced = random.uniform(index_of(at, kReplace));
    if (replaced < kBecomesMask) {
      row.ids[at] = vocabulary_.mask;
    } else if (replaced < kBecomesOther) {
      row.ids[at] = static_cast<int32_t>(random.below(index_of(at, kOther), vocabulary_.begins_word.size()));
    }
  }
  return row;
}

TokenMasker make_masker(const MaskRule& rule, const encode::text::Tokenizer& tokenizer,
                        const encode::text::SpecialTokens& special) {
  RIFT_CHECK(special.mask >= 0);
  MaskVocabulary vocabulary{.mask = special.mask,
                            .begins_word = encode::text::word_starts(tokenizer),
                            .special = std::vector<uint8_t>(static_cast<size_t>(tokenizer.vocab_size()))};
  for (const int32_t id : special.all) vocabulary.special[static_cast<size_t>(id)] = 1;
  return TokenMasker(rule, std::move(vocabulary));
}

}  // namespace rift::train
