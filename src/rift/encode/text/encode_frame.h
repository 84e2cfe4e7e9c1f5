#pragma once

#include <algorithm>
#include <limits>

#include "rift/encode/text/tokenizer.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {

/// Ids around every text, such as [CLS] ... [SEP].
struct TokensAround {
  std::vector<int32_t> before, after;
};

/// Where the tokens of one text go, as many as there is room for.
struct TokenSink {
  Encoding& out;
  bool want_offsets;
  size_t limit;  // of out.ids

  /// False once the limit is passed and the rest need not be looked at.
  bool add(int32_t id, Offset offset) {
    if (out.ids.size() >= limit) return !(out.truncated = true);
    out.ids.push_back(id);
    if (want_offsets) out.offsets.push_back(offset);
    return true;
  }
};

/// The part of a text that is read: all of it up to 1.4 GB, or the first 16 MiB where only some of its tokens are
/// wanted, so that what nobody sees costs nothing. It ends with a whole character.
inline std::string_view read_part(std::string_view text, int64_t max_tokens) {
  constexpr size_t kMost = std::numeric_limits<uint32_t>::max() / 3;  // offsets are 32 bits, repairs may triple
  constexpr size_t kMostOfLimited = size_t{16} << 20;
  const size_t most = max_tokens > 0 ? kMostOfLimited : kMost;
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > most - 3 && continues_character(text[end])) --end;
  return text.substr(0, end);
}

/// What Tokenizer::encode promises whatever the tokenizer: tokens around the text, the limit, ill-formed bytes.
/// body(text, sink) gets valid UTF-8 of less than 4 GiB and gives offsets in it.
template <class Body>
void encode_in_frame(std::string_view text, const EncodeOptions& options, const TokensAround& around, Encoding& out,
                     const Body& body) {
  out.ids.clear();
  out.offsets.clear();
  const std::string_view part = read_part(text, options.max_tokens);
  out.truncated = part.size() < text.size();
  text = part;
  const auto special = [&](const std::vector<int32_t>& ids) {
    if (!options.add_special) return;
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    if (options.want_offsets) out.offsets.resize(out.ids.size());
  };
  special(around.before);
  const size_t reserved = options.add_special ? around.before.size() + around.after.size() : 0;
  const size_t room = options.max_tokens <= 0 ? std::numeric_limits<size_t>::max() / 2
                                              : std::max(static_cast<size_t>(options.max_tokens), reserved) - reserved;
  TokenSink sink{out, options.want_offsets, out.ids.size() + room};
  if (is_valid_utf8(text)) {
    body(text, sink);
  } else {
    const RepairedText valid = repair_utf8(text);
    body(std::string_view(valid.text), sink);
    for (Offset& offset : out.offsets) {
      offset = {valid.original_place(offset.begin), valid.original_place(offset.end)};
    }
  }
  special(around.after);
}

}  // namespace rift::encode::text
