#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/files.h"
#include "rift/encode/text/tokenizer.h"

namespace rift::test {

/// Reads what clients/variant_files.py wrote.
class Words32 {
 public:
  explicit Words32(const std::filesystem::path& path) : bytes_(read_file(path)) {}
  bool done() const { return at_ == bytes_.size(); }
  uint32_t number() {
    uint32_t value = 0;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  std::string_view text(size_t size) {
    at_ += size;
    return std::string_view(bytes_).substr(at_ - size, size);
  }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

/// Encodes every text of a variant. Texts are not shown: they are a lender's.
inline void expect_equal(const std::filesystem::path& variant, int64_t fewest_texts) {
  const auto tokenizer = encode::text::load_tokenizer(variant);
  Words32 texts(variant / "texts.bin");
  Words32 expected(variant / "encodings.bin");
  const int64_t max_tokens = expected.number();
  encode::text::Encoding encoding;
  int64_t rows = 0, wrong = 0;
  for (; !texts.done(); ++rows) {
    tokenizer->encode(texts.text(texts.number()), {.max_tokens = max_tokens, .want_offsets = true}, encoding);
    std::vector<int32_t> ids(expected.number());
    std::vector<encode::text::Offset> offsets(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      ids[i] = static_cast<int32_t>(expected.number());
      offsets[i].begin = expected.number();
      offsets[i].end = expected.number();
    }
    if (encoding.ids == ids && encoding.offsets == offsets) continue;
    if (++wrong <= 5) {
      ADD_FAILURE() << "text " << rows << ": " << (encoding.ids == ids ? "offsets" : "ids") << " differ; "
                    << testing::PrintToString(encoding.ids).substr(0, 200) << " is not "
                    << testing::PrintToString(ids).substr(0, 200);
    }
  }
  EXPECT_EQ(wrong, 0) << "of " << rows << " texts";
  EXPECT_TRUE(expected.done());
  EXPECT_GT(rows, fewest_texts);
}

/// How many variants there are.
inline int expect_all_equal(const std::filesystem::path& folder, int64_t fewest_texts) {
  int variants = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename().string());
    expect_equal(entry.path(), fewest_texts);
    ++variants;
  }
  return variants;
}

}  // namespace rift::test
