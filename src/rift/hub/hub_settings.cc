#include "rift/hub/hub_settings.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/hub/cache.h"

namespace rift::hub {
namespace {

constexpr int64_t kMostTokenBytes = 4096;

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

std::string variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? "" : trimmed(value);
}

bool is_on(std::string value) {
  constexpr std::array<std::string_view, 4> kOn = {"1", "on", "yes", "true"};
  for (char& c : value) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::find(kOn, value) != kOn.end();
}

/// "127.0.0.1:8000" of "http://127.0.0.1:8000/x"
std::string_view authority_of(std::string_view endpoint) {
  endpoint.remove_prefix(endpoint.find("://") + 3);
  return endpoint.substr(0, endpoint.find_first_of("/?#"));
}

bool is_this_machine(std::string_view authority) {
  const bool bracketed = authority.starts_with("[");
  const std::string_view host = authority.substr(0, bracketed ? authority.find(']') + 1 : authority.find(':'));
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

struct Token {
  std::string text;
  std::string source;
  bool named = true;  // for this run, not once for all
};

Token find_token() {
  if (is_on(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return {};
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (std::string text = variable(name); !text.empty()) return {std::move(text), name};
  }
  const std::string named = variable("HF_TOKEN_PATH");
  const std::filesystem::path home = home_directory();
  if (named.empty() && home.empty()) return {};
  const std::filesystem::path file = named.empty() ? home / "token" : expanded(named);
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return {};
  std::string text = trimmed(read_file(file, kMostTokenBytes));
  if (text.empty()) return {};
  return {std::move(text), file.string(), false};
}

/// The token where it may go.
void take_token(HubSettings& settings, bool safe) {
  const Token token = find_token();
  RIFT_REQUIRE(is_printable(token.text), Code::kConfig,
               "{}: holds a character that no token has; it was pasted with something around it", token.source);
  if (!token.text.empty() && !safe) {
    RIFT_REQUIRE(!token.named, Code::kConfig,
                 "{} would go over the network in the clear, because HF_ENDPOINT is {}; use https, or unset {}",
                 token.source, settings.endpoint, token.source);
    log_warning("the token is not sent, because it would go over the network in the clear",
                {{"token_of", token.source}, {"HF_ENDPOINT", settings.endpoint}});
    return;
  }
  settings.token = token.text;
  settings.token_source = token.source;
}

}  // namespace

HubSettings hub_settings() {
  HubSettings settings;
  settings.offline = is_on(variable("HF_HUB_OFFLINE")) || is_on(variable("TRANSFORMERS_OFFLINE"));
  if (const std::string endpoint = variable("HF_ENDPOINT"); !endpoint.empty()) settings.endpoint = endpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  const bool secure = settings.endpoint.starts_with("https://");
  RIFT_REQUIRE(secure || settings.endpoint.starts_with("http://"), Code::kConfig,
               "HF_ENDPOINT: expected an address that begins with https:// or http://");
  const std::string_view authority = authority_of(settings.endpoint);
  RIFT_REQUIRE(!authority.empty() && is_printable(settings.endpoint) && authority.find('@') == authority.npos,
               Code::kConfig, "HF_ENDPOINT: expected https://HOST, without a name or password in it");
  if (!settings.offline) take_token(settings, secure || is_this_machine(authority));
  return settings;
}

}  // namespace rift::hub
