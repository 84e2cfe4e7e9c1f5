#include <cstddef>
#include <cstdint>

#include "fuzz/tokenizer_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto tokenizer =
      make_bert_tokenizer(rift::encode::text::read_tokenizer_json(rift::fuzz::kTokenizerJson, "fuzz"));
  rift::fuzz::encode_text(*tokenizer, {reinterpret_cast<const char*>(data), size});
  return 0;
}
