#include "rift/hub/hub_settings.h"

#include <stdlib.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "rift/base/error.h"

namespace rift::hub {
namespace {

std::string variable(const char* name) {
  const char* value = ::getenv(name);
  std::string text = value == nullptr ? "" : value;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
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

}  // namespace

HubSettings hub_settings() {
  HubSettings settings;
  settings.offline = is_on(variable("HF_HUB_OFFLINE")) || is_on(variable("TRANSFORMERS_OFFLINE"));
  settings.token = variable("HF_TOKEN");
  if (const std::string endpoint = variable("HF_ENDPOINT"); !endpoint.empty()) settings.endpoint = endpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  const bool secure = settings.endpoint.starts_with("https://");
  RIFT_REQUIRE(secure || settings.endpoint.starts_with("http://"), Code::kConfig,
               "HF_ENDPOINT: expected an address that begins with https:// or http://");
  const std::string_view authority = authority_of(settings.endpoint);
  RIFT_REQUIRE(!authority.empty() && is_printable(settings.endpoint) && authority.find('@') == authority.npos,
               Code::kConfig, "HF_ENDPOINT: expected https://HOST, without a name or password in it");
  RIFT_REQUIRE(is_printable(settings.token), Code::kConfig,
               "HF_TOKEN: holds a character that no token has; it was pasted with something around it");
  RIFT_REQUIRE(settings.token.empty() || secure || is_this_machine(authority), Code::kConfig,
               "HF_TOKEN would go over the network in the clear, because HF_ENDPOINT is {}; use https, or unset "
               "HF_TOKEN",
               settings.endpoint);
  return settings;
}

}  // namespace rift::hub
