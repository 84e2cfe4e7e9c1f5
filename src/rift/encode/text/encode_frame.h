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

/// What Tokenizer::encode promises whatever the tokenizer: tokens around the text, the limit, ill-formed bytes.
/// body(text, sink) gets valid UTF-8 of less than 4 GiB and gives offsets in it.
template <class Body>
void encode_in_frame(std::string_view text, const EncodeOptions& options, const TokensAround& around, Encoding& out,
                     const Body& body) {
  constexpr size_t kMostBytes = std::numeric_limits<uint32_t>::max() / 3;  // offsets are 32 bits, repairs may triple
  out.ids.clear();
  out.offsets.clear();
  out.truncated = text.size() > kMostBytes;
  text = text.substr(0, kMostBytes);
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
