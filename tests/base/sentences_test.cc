#include "rift/base/sentences.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "rift/base/files.h"
#include "rift/base/utf8.h"
#include "support/failure.h"

namespace rift {
namespace {

class Sentences : public testing::Test {
 protected:
  ~Sentences() override { set_language(Language::kEnglish); }
};

/// Names between braces; "{{" and "}}" are braces themselves.
std::set<std::string> placeholders(std::string_view text) {
  std::set<std::string> names;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '{') continue;
    if (at + 1 < text.size() && text[at + 1] == '{') {
      ++at;
      continue;
    }
    const size_t end = text.find_first_of(":}", at);
    names.emplace(text.substr(at + 1, end - at - 1));
  }
  return names;
}

TEST_F(Sentences, BothLanguagesHaveTheSameKeysInTheSameOrder) {
  EXPECT_EQ(sentence_keys(Language::kEnglish), sentence_keys(Language::kChinese));
}

TEST_F(Sentences, NoKeyStandsTwice) {
  const auto keys = sentence_keys(Language::kEnglish);
  EXPECT_EQ(std::set<std::string_view>(keys.begin(), keys.end()).size(), keys.size());
}

/// Whether the sources name the key, or its beginning ("table.") and its end ("auc") apart.
bool is_used(const std::string& sources, std::string_view key) {
  const auto names = [&](const std::string& text) { return sources.find('"' + text + '"') != std::string::npos; };
  const size_t dot = key.find('.') + 1;
  std::string end(key.substr(dot));
  if (names(std::string(key))) return true;
  if (!names(std::string(key.substr(0, dot)))) return false;
  if (names(end)) return true;
  std::ranges::replace(end, '_', '-');  // as run.yaml spells models
  return names(end);
}

TEST_F(Sentences, EveryKeyIsUsed) {
  std::string sources;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("src/rift")) {
    const std::string name = entry.path().filename().string();
    const bool is_source = name.ends_with(".cc") || name.ends_with(".h");  // enum_names of options stand in headers
    if (is_source && !name.starts_with("sentences_")) sources += read_file(entry.path());
  }
  for (const std::string_view key : sentence_keys(Language::kEnglish)) EXPECT_TRUE(is_used(sources, key)) << key;
}

TEST_F(Sentences, BothLanguagesHaveTheSamePlaceholders) {
  for (const std::string_view key : sentence_keys(Language::kEnglish)) {
    EXPECT_EQ(placeholders(sentence_template(Language::kEnglish, key)),
              placeholders(sentence_template(Language::kChinese, key)))
        << key;
  }
}

TEST_F(Sentences, TextsAreFilledInAndWellFormed) {
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    for (const std::string_view key : sentence_keys(language)) {
      const std::string_view text = sentence_template(language, key);
      EXPECT_FALSE(text.empty()) << key;
      EXPECT_FALSE(first_invalid_utf8(text)) << key;
      EXPECT_TRUE(placeholders(text).count("") == 0) << key << ": placeholders are named";
    }
  }
}

TEST_F(Sentences, VerdictsAreTranslated) {
  for (const std::string_view key : sentence_keys(Language::kEnglish)) {
    if (key.starts_with("verdict.") || key.starts_with("leakage.")) {
      const std::string_view chinese = sentence_template(Language::kChinese, key);
      EXPECT_GT(std::count_if(chinese.begin(), chinese.end(), [](char c) { return (c & 0x80) != 0; }), 9) << key;
    }
  }
}

TEST_F(Sentences, PlaceholdersAreFilledInTheLanguageThatIsSet) {
  const auto verdict = [] {
    return sentence("verdict.text_model_loses", fmt::arg("metric", "AUC"), fmt::arg("value", ".751"),
                    fmt::arg("best", "scorecard"), fmt::arg("best_value", ".786"));
  };
  EXPECT_EQ(verdict(), "The fine-tuned text model loses on this data: AUC .751 against .786 of scorecard.");
  set_language(Language::kChinese);
  EXPECT_EQ(language(), Language::kChinese);
  EXPECT_THAT(verdict(), testing::AllOf(testing::HasSubstr(".751"), testing::HasSubstr("scorecard"),
                                        testing::HasSubstr("\xE5\xBE\xAE\xE8\xB0\x83")));
}

TEST_F(Sentences, AnUnknownKeyAndAMissingPlaceholderAreBugs) {
  EXPECT_THAT(test::message_of(Code::kBug, [] { sentence("verdict.nobody"); }), testing::HasSubstr("verdict.nobody"));
  EXPECT_THAT(test::message_of(Code::kBug, [] { sentence("verdict.single"); }), testing::HasSubstr("verdict.single"));
}

}  // namespace
}  // namespace rift
