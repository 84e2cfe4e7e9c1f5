#pragma once

#include <string_view>

namespace rift::encode::text {

/// How SentencePiece, and vocabularies made by it, write a space.
inline constexpr std::string_view kSentencePieceSpace = "\u2581";

}  // namespace rift::encode::text
