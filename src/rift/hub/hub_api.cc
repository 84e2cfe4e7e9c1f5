#include "rift/hub/hub_api.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_set>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/json.h"
#include "rift/base/log.h"
#include "rift/hub/cache.h"

namespace rift::hub {
namespace {

constexpr JsonLimits kListingLimits = {.max_depth = 32, .max_values = 2'000'000, .max_bytes = int64_t{64} << 20};
constexpr size_t kMaxFiles = 100'000;
constexpr size_t kMaxNameBytes = 512;
constexpr int64_t kMaxFileBytes = int64_t{1} << 40;  // kMaxFiles of them are summed in 63 bits

bool may_pass(const HttpAnswer& answer) {
  constexpr int kPassing[] = {408, 429, 500, 502, 503, 504};
  if (!answer.problem.empty()) return answer.may_pass;
  return std::ranges::find(kPassing, answer.status) != std::end(kPassing);
}

void wait_ms(int64_t pause_ms) {
  constexpr int64_t kStep_ms = 100;
  for (int64_t left = pause_ms; left > 0; left -= kStep_ms) {
    throw_if_interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kStep_ms)));
  }
}

std::string said(const HttpAnswer& answer) {
  return answer.problem.empty() ? fmt::format("{} answers {}", answer.host, answer.status)
                                : fmt::format("{}: {}", answer.host, answer.problem);
}

/// A name that makes a file inside of the directory and nowhere else, on a terminal and on a disk.
bool is_file_name(const std::string& name) {
  const auto odd = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F' || c == '\\'; };
  return name.size() <= kMaxNameBytes && stays_inside(name) && std::ranges::none_of(name, odd);
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string text_at(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

HubFile read_file_entry(const Json& entry, std::string_view source) {
  HubFile file{.name = text_at(entry, "rfilename")};
  RIFT_REQUIRE(is_file_name(file.name), Code::kArtefact,
               "{}: the listing names the file '{}', which would not lie inside of the model's directory; nothing is "
               "fetched from it",
               source, shorten(file.name));
  const Json* size = entry.find("size");
  const Json* lfs = entry.find("lfs");
  file.is_lfs = lfs != nullptr && lfs->is_object();
  file.digest = file.is_lfs ? text_at(*lfs, "sha256") : text_at(entry, "blobId");
  const bool has_size = size != nullptr && size->is_integer() && size->as_int() >= 0 && size->as_int() <= kMaxFileBytes;
  const bool has_digest = file.is_lfs ? is_sha256(file.digest) : is_commit(file.digest);
  RIFT_REQUIRE(
      has_size && has_digest, Code::kArtefact,
      "{}: the listing gives no size (at most 1 TiB) or no digest of '{}'; rift fetches only what it can check", source,
      shorten(file.name));
  file.size_bytes = size->as_int();
  return file;
}

std::string advice(const HttpAnswer& answer, const HubSettings& hub, std::string_view id) {
  const bool has_token = !hub.token.empty();
  if (answer.error_code == "GatedRepo" || (answer.status == 403 && answer.error_code.empty())) {
    return fmt::format("access to {} is granted there only: accept its terms at {}/{} and {}", id, hub.endpoint, id,
                       has_token ? fmt::format("use a token of the account that did (now: {})", hub.token_source)
                                 : std::string("set HF_TOKEN, or log in with hf auth login"));
  }
  if (answer.error_code == "RevisionNotFound") return "the model has no such revision; leave --revision out for main";
  if (answer.error_code == "EntryNotFound") return "the listing names a file that is not there; try again later";
  if (answer.status == 401 || answer.error_code == "RepoNotFound") {
    return fmt::format("there is no model {}, or it is private{}", id,
                       has_token ? fmt::format(" and the token of {} does not reach it", hub.token_source)
                                 : std::string("; for a private one set HF_TOKEN, or log in with hf auth login"));
  }
  if (answer.status == 404) return fmt::format("there is no model {} or no such revision of it", id);
  if (answer.status == 429) {
    return answer.retry_after_s >= 0 ? fmt::format("too many requests; it asks to wait {} s", answer.retry_after_s)
                                     : std::string("too many requests; try again later");
  }
  if (answer.status >= 500) return "the hub has a fault of its own; try again later";
  return "try again; HF_ENDPOINT names another hub";
}

}  // namespace

HttpAnswer with_retries(const RetryOptions& options, const std::function<HttpAnswer()>& attempt,
                        const std::function<bool()>& progressed) {
  int64_t pause_ms = options.first_wait_ms;
  for (int tried = 1;; ++tried) {
    HttpAnswer answer = attempt();
    if (answer.is_whole() || !may_pass(answer)) return answer;
    if (progressed()) tried = 1, pause_ms = options.first_wait_ms;
    const int64_t asked_ms = answer.retry_after_s >= 0 ? std::min(answer.retry_after_s, int64_t{1} << 40) * 1000 : -1;
    if (tried >= options.attempts || asked_ms > options.max_wait_ms) return answer;
    const int64_t wait = asked_ms >= 0 ? asked_ms : std::min(pause_ms, options.max_wait_ms);
    log_info(fmt::format("{}; trying again in {:.1f} s", said(answer), 1e-3 * static_cast<double>(wait)));
    wait_ms(wait);
    pause_ms *= 2;
  }
}

void refuse_answer(const HttpAnswer& answer, const HubSettings& hub, std::string_view id, std::string_view what) {
  RIFT_REQUIRE(answer.problem.empty(), Code::kEnvironment,
               "{}: {}; is there a network, and is {} a hub? What has come so far is kept: the same command goes on "
               "with it",
               what, said(answer), hub.endpoint);
  RIFT_FAIL(answer.status == 404 ? Code::kArtefact : Code::kEnvironment, "{}: {}; {}", what, said(answer),
            advice(answer, hub, id));
}

HubModel read_listing(std::string_view json, std::string_view source) {
  const Json listing = parse_json(json, source, kListingLimits);
  HubModel model{.id = text_at(listing, "id"), .commit = text_at(listing, "sha"), .files = {}};
  const Json* siblings = listing.find("siblings");
  RIFT_REQUIRE(is_commit(model.commit) && siblings != nullptr && siblings->is_array(), Code::kArtefact,
               "{}: expected the listing of a model (sha, siblings), got something else; is HF_ENDPOINT a hub?",
               source);
  RIFT_REQUIRE(siblings->size() <= kMaxFiles, Code::kArtefact, "{}: {} files, at most {} are taken", source,
               siblings->size(), kMaxFiles);
  std::unordered_set<std::string> names;
  for (const Json& entry : siblings->as_array()) {
    model.files.push_back(read_file_entry(entry, source));
    RIFT_REQUIRE(names.insert(model.files.back().name).second, Code::kArtefact, "{}: the listing names '{}' twice",
                 source, model.files.back().name);
  }
  return model;
}

HubModel ask_hub(HttpClient& client, const HubSettings& hub, const std::string& id, const std::string& revision,
                 const RetryOptions& retry) {
  const std::string url = fmt::format("{}/api/models/{}/revision/{}?blobs=true", hub.endpoint, id,
                                      url_escaped(revision, Slashes::kEscaped));
  std::string body;
  const HttpSink sink = {.begin = [&](int64_t) { body.clear(); },
                         .append =
                             [&](std::string_view bytes) {
                               body += bytes;
                               RIFT_REQUIRE(static_cast<int64_t>(body.size()) <= kListingLimits.max_bytes,
                                            Code::kArtefact, "{}: more than {} bytes of listing", url,
                                            kListingLimits.max_bytes);
                             }};
  const HttpAnswer answer = with_retries(
      retry, [&] { return client.get({.url = url, .token = hub.token}, sink); }, [] { return false; });
  if (!answer.is_whole()) {
    refuse_answer(answer, hub, id, fmt::format("{} at revision {}", id, shorten(revision)));
  }
  return read_listing(body, url);
}

std::string file_url(const HubSettings& hub, std::string_view id, std::string_view commit, std::string_view file) {
  return fmt::format("{}/{}/resolve/{}/{}", hub.endpoint, id, commit, url_escaped(file, Slashes::kKept));
}

}  // namespace rift::hub
