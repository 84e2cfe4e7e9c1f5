#include "rift/encode/text/bert_pre_tokenizer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "rift/encode/text/character_rules.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

static_assert(std::endian::native == std::endian::little, "the first byte of a text is the lowest of a number");

constexpr uint64_t kLanes = 0x0101010101010101u;  // times a byte: that byte in each lane
constexpr uint64_t kHighest = 0x80 * kLanes;

/// The highest bit of each lane that lies in [first, last]; lanes of less than 0x80.
uint64_t in(uint64_t lanes, uint8_t first, uint8_t last) {
  return (lanes + (0x80u - first) * kLanes) & ~(lanes + (0x7Fu - last) * kLanes);
}

/// One bit a lane from the highest ones, the first byte's lowest.
uint64_t packed(uint64_t highest) { return ((highest & kHighest) >> 7) * 0x0102040810204080u >> 56; }

struct AsciiClasses {
  uint64_t space = 0, punctuation = 0, beyond = 0;  // beyond: the first byte of a character that is not ASCII
};

/// Of `size` bytes, a multiple of eight: eight at once, as lanes of a number. Where words end cannot be predicted, so a
/// branch for each byte would cost more than all the rest.
AsciiClasses classes_of(const char* bytes, size_t size) {
  AsciiClasses classes;
  for (size_t i = 0; i < size; i += 8) {
    uint64_t lanes;
    std::memcpy(&lanes, bytes + i, sizeof lanes);
    const uint64_t low = lanes & ~kHighest;
    const uint64_t letter_or_digit = in(low | 0x20 * kLanes, 'a', 'z') | in(low, '0', '9');
    classes.space |= packed((in(low, ' ', ' ') | in(low, '\t', '\r')) & ~lanes) << i;
    classes.punctuation |= packed(in(low, '!', '~') & ~letter_or_digit & ~lanes) << i;
    classes.beyond |= packed(lanes & lanes << 1) << i;  // 11......
  }
  return classes;
}

}  // namespace

std::span<const BertPreTokenizer::Word> BertPreTokenizer::next() {
  const Separators now = separators();
  const uint64_t word = ~now.bytes;
  const uint64_t after_word = word << 1 | in_word_;
  const uint64_t begins = now.punctuation | (word & ~after_word);
  const uint64_t ends = (now.last << 1 | after_last_) | (now.bytes & after_word);  // at the byte behind a word
  in_word_ = word >> 63;
  after_last_ = now.last >> 63;

  const auto place = [this](uint64_t bits) {
    return static_cast<uint32_t>(at_) + static_cast<uint32_t>(std::countr_zero(bits));
  };
  if (ended_ < begun_) words_[0] = words_[ended_];  // the word on its way
  begun_ -= ended_;
  ended_ = 0;
  for (uint64_t bits = begins; bits != 0; bits &= bits - 1) words_[begun_++].begin = place(bits);
  for (uint64_t bits = ends; bits != 0; bits &= bits - 1) words_[ended_++].end = place(bits);
  at_ += kBlock;
  return std::span(words_).first(ended_);
}

BertPreTokenizer::Separators BertPreTokenizer::separators() {
  std::array<char, kBlock> last_block;
  const char* block = text_.data() + at_;
  if (text_.size() - at_ < kBlock) {  // spaces stand behind the text
    last_block.fill(' ');
    std::ranges::copy(text_.substr(at_), last_block.begin());
    block = last_block.data();
  }
  const AsciiClasses classes = classes_of(block, kBlock);
  Separators now = std::exchange(ahead_, {});
  now.bytes |= classes.space | classes.punctuation;
  now.punctuation |= classes.punctuation;
  now.last |= classes.punctuation;
  for (uint64_t bits = classes.beyond; bits != 0; bits &= bits - 1) add_beyond_ascii(std::countr_zero(bits), now);
  return now;
}

void BertPreTokenizer::add_beyond_ascii(int bit, Separators& now) {
  const Decoded decoded = decode_valid(text_, at_ + static_cast<size_t>(bit));
  const uint8_t flags = CharacterRules::instance().flags(decoded.character);
  if ((flags & (CharacterRules::kSpace | CharacterRules::kPunctuation)) == 0) return;
  const uint64_t bytes = (uint64_t{1} << decoded.bytes) - 1;
  now.bytes |= bytes << bit;
  ahead_.bytes |= bytes >> 1 >> (63 - bit);
  if ((flags & CharacterRules::kSpace) != 0) return;
  const uint64_t last = uint64_t{1} << (decoded.bytes - 1);
  now.punctuation |= uint64_t{1} << bit;
  now.last |= last << bit;
  ahead_.last |= last >> 1 >> (63 - bit);
}

}  // namespace rift::encode::text
