#include "rift/checkpoint/licence.h"

#include <algorithm>
#include <array>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/places.h"
#include "rift/base/utf8.h"
#include "rift/checkpoint/format/gguf.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxTextBytes = int64_t{1} << 20;

bool is_too_large(const fs::path& file) {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(file, error);
  return error || bytes > static_cast<uintmax_t>(kMaxTextBytes);
}

/// Of a YAML front matter ("---" ... "---" at the top of a model card): the value of `license:`.
std::string licence_of_card(const fs::path& directory) {
  const fs::path card = directory / "README.md";
  if (!is_file_there(card) || is_too_large(card)) return "";
  const std::string text = read_file(card, kMaxTextBytes);
  if (!text.starts_with("---")) return "";
  constexpr std::string_view kKey = "\nlicense:";
  const std::string_view front = std::string_view(text).substr(0, text.find("\n---", 3));
  const size_t at = front.find(kKey);
  if (at == std::string_view::npos) return "";
  std::string_view value = front.substr(at + kKey.size());
  value = value.substr(0, value.find('\n'));
  while (!value.empty() && (value.front() == ' ' || value.front() == '"')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '"' || value.back() == '\r')) value.remove_suffix(1);
  return valid_utf8(shorten(value));
}

}  // namespace

bool is_licence_name(std::string name) {
  constexpr std::array<std::string_view, 4> kWords = {"LICENSE", "LICENCE", "NOTICE", "COPYING"};
  for (char& letter : name) letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

Licence find_licence(const fs::path& directory) {
  Licence licence{.name = licence_of_card(directory), .stated_in = {}, .files = {}};
  if (!licence.name.empty()) licence.stated_in = "README.md";
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& file = entry->path();
    if (is_licence_name(file.filename().string()) && is_file_there(file) && !is_too_large(file))
      licence.files.push_back(file);
  }
  std::sort(licence.files.begin(), licence.files.end());
  return licence;
}

Licence find_licence(const HfDirectory& model) {
  Licence licence = model.root == model.gguf ? Licence() : find_licence(model.root);
  if (!licence.name.empty() || model.gguf.empty()) return licence;
  const auto file = format::Gguf::open(model.gguf);
  if (file.find_value("general.license") == nullptr) return licence;
  licence.name = valid_utf8(shorten(file.text("general.license")));
  licence.stated_in = "general.license of " + model.gguf.filename().string();
  return licence;
}

}  // namespace rift::checkpoint
