#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace rift {

/// Sentences for people (verdicts, warnings, report headings) stand in one table per language: sentences_en.cc and
/// sentences_zh.cc. A test holds both to the same keys and the same placeholders.
enum class Language { kEnglish, kChinese };
void set_language(Language language);
Language language();

std::string format_sentence(std::string_view key, fmt::format_args args);

/// The sentence of `key` in the current language with its {named} placeholders filled:
///   sentence("verdict.better", fmt::arg("best", name), fmt::arg("difference", "+.012"))
/// An unknown key and a placeholder that is not given are bugs.
template <class... Args>
std::string sentence(std::string_view key, const Args&... args) {
  return format_sentence(key, fmt::make_format_args(args...));
}

std::string_view sentence_template(Language language, std::string_view key);
std::vector<std::string_view> sentence_keys(Language language);

}  // namespace rift
