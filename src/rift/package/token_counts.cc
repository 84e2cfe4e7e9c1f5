#include "rift/package/token_counts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "rift/base/threads.h"
#include "rift/encode/text/word_count.h"
#include "rift/package/inputs.h"

namespace rift::package {
namespace {

constexpr int64_t kRowsPerChunk = 512;

}  // namespace

TokenCounts count_tokens(const TextInputs& inputs, const data::Table& rows, int64_t max_tokens) {
  const encode::text::Tokenizer& tokenizer = inputs.tokenizer();
  const encode::text::RowTextReader reader(inputs.row_text(), rows);
  const int32_t unknown_ids[] = {tokenizer.id("[UNK]"), tokenizer.id("<unk>")};
  encode::text::Encoding empty;
  tokenizer.encode("", {.max_tokens = 0}, empty);
  const auto special = static_cast<int64_t>(empty.ids.size());
  std::vector<TokenCounts> chunks(static_cast<size_t>((rows.rows + kRowsPerChunk - 1) / kRowsPerChunk));
  parallel_each(static_cast<int64_t>(chunks.size()), [&](int64_t c) {
    TokenCounts& chunk = chunks[static_cast<size_t>(c)];
    encode::text::Encoding encoding;
    std::string text;
    for (int64_t row = c * kRowsPerChunk; row < std::min(rows.rows, (c + 1) * kRowsPerChunk); ++row) {
      reader.joined(row, text);
      tokenizer.encode(text, {.max_tokens = 0, .add_special = false}, encoding);
      const auto tokens = static_cast<int64_t>(encoding.ids.size());
      chunk.tokens += tokens;
      chunk.truncated += tokens + special > max_tokens ? 1 : 0;
      chunk.words += encode::text::count_words(text);
      for (const int32_t id : unknown_ids) {
        if (id >= 0) chunk.unknown += std::ranges::count(encoding.ids, id);
      }
    }
  });
  TokenCounts all{.rows = rows.rows};
  for (const TokenCounts& chunk : chunks) {
    all.tokens += chunk.tokens;
    all.unknown += chunk.unknown;
    all.words += chunk.words;
    all.truncated += chunk.truncated;
  }
  return all;
}

}  // namespace rift::package
