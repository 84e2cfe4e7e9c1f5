#include "rift/encode/text/word_starts.h"

#include <optional>
#include <string>
#include <string_view>

#include "rift/encode/text/pipeline/byte_alphabet.h"
#include "rift/encode/text/sentencepiece_space.h"

namespace rift::encode::text {
namespace {

constexpr std::string_view kContinues = "##";
constexpr unsigned char kFirstOfU3000 = 0xE3;  // first byte of U+3000 in UTF-8

enum class Writing { kWordPiece, kByteLevel, kSentencePiece };

/// The first of the three marks that some token bears.
Writing writing_of(const Tokenizer& tokenizer) {
  bool byte_level = false;
  for (int64_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const std::string_view token = tokenizer.token(static_cast<int32_t>(id));
    if (token.size() > kContinues.size() && token.starts_with(kContinues) && token[2] != '#') {
      return Writing::kWordPiece;
    }
    byte_level = byte_level || token.starts_with(kWrittenSpaceText);
  }
  return byte_level ? Writing::kByteLevel : Writing::kSentencePiece;
}

bool begins_by_its_text(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first >= 0x80) return first >= kFirstOfU3000;
  const bool letter = (first | 0x20) >= 'a' && (first | 0x20) <= 'z';
  return !letter && !(first >= '0' && first <= '9');
}

bool begins_word(std::string_view token, Writing writing) {
  if (token.empty()) return true;
  if (writing == Writing::kWordPiece) return !token.starts_with(kContinues);
  if (writing == Writing::kSentencePiece) {
    return token.starts_with(kSentencePieceSpace) || begins_by_its_text(token);
  }
  const std::optional<std::string> bytes = bytes_written_as(token);
  return !bytes || bytes->empty() || begins_by_its_text(*bytes);
}

}  // namespace

std::vector<uint8_t> word_starts(const Tokenizer& tokenizer) {
  const Writing writing = writing_of(tokenizer);
  std::vector<uint8_t> starts(static_cast<size_t>(tokenizer.vocab_size()));
  for (size_t id = 0; id < starts.size(); ++id) {
    starts[id] = begins_word(tokenizer.token(static_cast<int32_t>(id)), writing) ? 1 : 0;
  }
  return starts;
}

}  // namespace rift::encode::text
