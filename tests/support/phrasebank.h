#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "support/outside_data.h"

/// Financial PhraseBank, sentences on whose sentiment all annotators agree.
namespace rift::test {

inline std::filesystem::path phrasebank_file() { return real_data("financial_phrasebank/Sentences_AllAgree.txt"); }

inline std::string utf8_of_latin1(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

/// What the recipe in examples/phrasebank/run.yaml makes of "sentence@sentiment" lines.
inline std::string tab_separated(const std::string& lines) {
  std::string table = "sentence\tsentiment\n";
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    std::string line = lines.substr(begin, end - begin);
    begin = end + 1;
    line[line.rfind('@')] = '\t';
    table += line + "\n";
  }
  return table;
}

}  // namespace rift::test
