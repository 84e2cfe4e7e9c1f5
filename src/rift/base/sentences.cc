#include "rift/base/sentences.h"

#include <array>
#include <atomic>

#include "rift/base/error.h"
#include "rift/base/sentence_tables.h"

namespace rift {
namespace {

std::atomic<Language> g_language{Language::kEnglish};

std::array<std::span<const SentenceEntry>, 4> tables(Language language) {
  if (language == Language::kChinese) {
    return {chinese_sentences(), chinese_models_sentences(), chinese_search_sentences(), chinese_curve_sentences()};
  }
  return {english_sentences(), english_models_sentences(), english_search_sentences(), english_curve_sentences()};
}

}  // namespace

void set_language(Language language) { g_language = language; }
Language language() { return g_language; }

std::string_view sentence_template(Language language, std::string_view key) {
  for (const auto& table : tables(language)) {
    for (const SentenceEntry& entry : table) {
      if (entry.key == key) return entry.text;
    }
  }
  RIFT_FAIL(Code::kBug, "no sentence '{}'", key);
}

std::string format_sentence(std::string_view key, fmt::format_args args) {
  const std::string_view text = sentence_template(language(), key);
  try {
    return fmt::vformat(fmt::string_view(text.data(), text.size()), args);
  } catch (const fmt::format_error& error) {
    RIFT_FAIL(Code::kBug, "sentence '{}' cannot be filled: {}", key, error.what());
  }
}

std::vector<std::string_view> sentence_keys(Language language) {
  std::vector<std::string_view> keys;
  for (const auto& table : tables(language)) {
    for (const SentenceEntry& entry : table) keys.push_back(entry.key);
  }
  return keys;
}

}  // namespace rift
