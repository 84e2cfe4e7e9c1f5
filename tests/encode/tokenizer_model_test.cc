#include <gtest/gtest.h>

#include "encode/tokenizer_support.h"
#include "rift/base/sha256.h"
#include "support/outside_data.h"

namespace rift::encode::text {
namespace {

using test::encoded;
using test::tokenizer_golden;

std::string line_of(const Tokenizer& tokenizer, std::string_view text) {
  std::string line;
  for (const int32_t id : encoded(tokenizer, text).ids) line += "," + std::to_string(id);
  return line.substr(1);
}

TEST(MiniLmTokenizer, GivesTheLibrarysIds) {
  RIFT_SKIP_WITHOUT_MINILM();
  const auto tokenizer = load_tokenizer(test::kMiniLm);
  EXPECT_EQ(tokenizer->vocab_size(), 30522);
  const Json golden =
      parse_json(read_file("tests/encode/fixtures/tokenizer_minilm_golden.json"), "tokenizer_minilm_golden.json");
  for (size_t i = 0; i < golden.at("sentences").size(); ++i) {
    const std::string expected = to_json_text(golden.at("ids").at(i));
    EXPECT_EQ("[" + line_of(*tokenizer, golden.at("sentences").at(i).as_string()) + "]", expected);
  }
  Sha256 digest;
  for (const Json& text : tokenizer_golden().at("texts").as_array()) {
    digest.update(line_of(*tokenizer, text.as_string()) + "\n");
  }
  EXPECT_EQ(digest.finish_hex(), golden.at("ids_of_golden_texts").as_string());
}

}  // namespace
}  // namespace rift::encode::text
