#pragma once

#include <filesystem>
#include <string>

#include "support/temp_directory.h"

namespace rift::test {

/// The fixture of a BERT of width 32 with a vocabulary of words, as a Hugging Face directory `to`. Its heads are 16
/// wide, which the fused engine does not compute.
inline void write_tiny_model(const std::filesystem::path& to) {
  const std::filesystem::path fixture = "tests/models/fixtures/tiny_bert";
  for (const char* name : {"config.json", "model.safetensors"}) write_plainly(to / name, text_of(fixture / name));
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nloan\nlate\npaid\nthe\n";
  for (int i = 9; i < 80; ++i) vocabulary += "word" + std::to_string(i) + "\n";
  write_plainly(to / "vocab.txt", vocabulary);
  write_plainly(to / "tokenizer_config.json", R"({"tokenizer_class":"BertTokenizer","do_lower_case":true})");
}

}  // namespace rift::test
