#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz/tokenizer_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto tokenizers = [] {
    std::vector<std::unique_ptr<rift::encode::text::Tokenizer>> made;
    for (const auto json : {rift::fuzz::kTokenizerJson, rift::fuzz::kBpeJson, rift::fuzz::kUnigramJson}) {
      made.push_back(make_tokenizer(rift::encode::text::read_tokenizer_json(json, "fuzz")));
    }
    return made;
  }();
  for (const auto& tokenizer : tokenizers)
    rift::fuzz::encode_text(*tokenizer, {reinterpret_cast<const char*>(data), size});
  return 0;
}
