#include "rift/hub/http_client.h"

#include <curl/curl.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <mutex>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"

namespace rift::hub {
namespace {

constexpr long kConnectTimeout_s = 20;
constexpr long kSilence_s = 60;
constexpr long kMaxRedirects = 10;

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] {
    RIFT_REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == 0, Code::kEnvironment,
                 "the library of HTTP (libcurl) cannot be started");
  });
}

bool may_pass(CURLcode code) {
  constexpr std::array kPassing = {CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_PARTIAL_FILE,
                                   CURLE_RECV_ERROR,      CURLE_SEND_ERROR,         CURLE_GOT_NOTHING,
                                   CURLE_HTTP2,           CURLE_HTTP2_STREAM};
  return std::ranges::find(kPassing, code) != kPassing.end();
}

std::string problem_text(CURLcode code, const char* detail) {
  switch (code) {
    case CURLE_TOO_MANY_REDIRECTS:
      return fmt::format("more than {} redirects, one after the other", kMaxRedirects);
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "a redirect to something else than https (or than http, where the hub is asked by http)";
    case CURLE_PARTIAL_FILE:
      return "the connection was closed before the end";
    case CURLE_PEER_FAILED_VERIFICATION:
      return fmt::format(
          "its certificate is not trusted ({}); where your network has a certificate authority of its "
          "own, name its file in SSL_CERT_FILE",
          detail);
    default:
      return *detail == '\0' ? curl_easy_strerror(code) : detail;
  }
}

int64_t whole_number(std::string_view text) {
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

std::string lower_case(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return low;
}

/// "bytes 100-199/200" -> 100; -1 for anything else.
int64_t first_byte_of(std::string_view content_range) {
  if (!content_range.starts_with("bytes ")) return -1;
  content_range.remove_prefix(6);
  return whole_number(content_range.substr(0, content_range.find('-')));
}

}  // namespace

/// What the callbacks of one request share.
struct HttpClient::Transfer {
  CURL* handle = nullptr;
  std::string url;
  int64_t from = 0;
  const HttpSink* sink = nullptr;
  bool heeds_signals = true;
  HttpAnswer answer;
  int64_t range_begin = -1;
  bool begun = false;
  std::exception_ptr thrown;

  /// One line of a head; a status line begins that of the next answer (behind a redirect).
  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {
      range_begin = -1;
      answer.retry_after_s = -1;
      answer.error_code.clear();
      return;
    }
    const size_t colon = line.find(':');
    if (colon == line.npos) return;
    const std::string name = lower_case(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-range") range_begin = first_byte_of(value);
    if (name == "retry-after") answer.retry_after_s = whole_number(value);
    if (name == "x-error-code") answer.error_code = shorten(value);
  }

  void take_body(std::string_view bytes) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) return;
    begin(static_cast<int>(status));
    sink->append(bytes);
  }

  void begin(int status) {
    if (begun) return;
    begun = true;
    const int64_t first = status == 206 ? range_begin : 0;
    RIFT_REQUIRE(first == 0 || first == from, Code::kArtefact,
                 "{}: asked for the bytes from {} on, the server sends others", url, from);
    sink->begin(first);
  }
};

namespace {

/// Runs a step of a callback; what it throws waits until libcurl has returned.
template <class Transfer, class Step>
bool guarded(Transfer& transfer, Step step) {
  try {
    step();
    return true;
  } catch (...) {
    transfer.thrown = std::current_exception();
    return false;
  }
}

template <class Transfer>
size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return guarded(transfer, [&] { transfer.take_header({data, size * count}); }) ? size * count : 0;
}

template <class Transfer>
size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return guarded(transfer, [&] { transfer.take_body({data, size * count}); }) ? size * count : CURL_WRITEFUNC_ERROR;
}

int on_progress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return interrupt_signal() != 0 ? 1 : 0; }

std::string host_of(const char* url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  char* host = nullptr;
  if (url == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url, 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK)
    return "";
  std::string text = shorten(host);
  curl_free(host);
  return text;
}

using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void add_header(Headers& headers, const std::string& line) {
  headers.reset(curl_slist_append(headers.release(), line.c_str()));
}

/// What holds for every request.
void set_rules(CURL* curl, bool secure) {
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  if (const char* file = ::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0')
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectTimeout_s);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilence_s);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "rift");
}

template <class Transfer>
void set_callbacks(CURL* curl, Transfer& transfer) {
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header<Transfer>);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body<Transfer>);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, transfer.heeds_signals ? 0L : 1L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail{};
};

HttpClient::HttpClient() : handle_(std::make_unique<Handle>()) {
  start_libcurl();
  handle_->curl = curl_easy_init();
  RIFT_REQUIRE(handle_->curl != nullptr, Code::kEnvironment, "the library of HTTP (libcurl) gives no connection");
}

HttpClient::~HttpClient() { curl_easy_cleanup(handle_->curl); }

HttpAnswer HttpClient::get(const HttpRequest& request, const HttpSink& sink) {
  CURL* curl = handle_->curl;
  Transfer transfer{.handle = curl, .url = request.url, .from = request.from, .sink = &sink};
  curl_easy_reset(curl);  // keeps connections
  set_rules(curl, request.url.starts_with("https://"));
  const std::string range = fmt::format("{}-", request.from);
  if (request.from > 0) curl_easy_setopt(curl, CURLOPT_RANGE, range.c_str());
  Headers headers(nullptr, curl_slist_free_all);
  if (!request.token.empty()) {
    add_header(headers, "Authorization: Bearer " + request.token);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());  // redirects to another host or port do not get it
    if (!request.url.starts_with("https://"))
      curl_easy_setopt(curl, CURLOPT_PROXY, "");  // this machine; nobody between
  }
  return perform(transfer, request.url);
}

HttpAnswer HttpClient::post(const HttpPost& post, const HttpSink& sink) {
  CURL* curl = handle_->curl;
  Transfer transfer{.handle = curl, .url = post.url, .sink = &sink, .heeds_signals = !post.goes_on_when_stopped};
  curl_easy_reset(curl);
  const bool secure = post.url.starts_with("https://");
  set_rules(curl, secure);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(post.timeout_s));
  if (!secure) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  Headers headers(nullptr, curl_slist_free_all);
  add_header(headers, "Content-Type: application/json");
  add_header(headers, "Expect:");  // no round trip before the body
  if (!post.token.empty()) add_header(headers, "Authorization: Bearer " + post.token);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(post.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post.body.data());
  return perform(transfer, post.url);
}

HttpAnswer HttpClient::perform(Transfer& transfer, const std::string& url) {
  CURL* curl = transfer.handle;
  set_callbacks(curl, transfer);
  handle_->detail[0] = '\0';
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle_->detail.data());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  const CURLcode code = curl_easy_perform(curl);
  if (transfer.heeds_signals) throw_if_interrupted();
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  HttpAnswer& answer = transfer.answer;
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  const char* last_url = nullptr;
  curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &last_url);
  answer.host = host_of(last_url);
  if (code != CURLE_OK) {
    answer.problem = problem_text(code, handle_->detail.data());
    answer.may_pass = may_pass(code);
  } else if (answer.is_whole()) {
    transfer.begin(answer.status);  // an empty body
  }
  return answer;
}

std::string url_escaped(std::string_view text, Slashes slashes) {
  std::string escaped;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (c == '/' && slashes == Slashes::kKept);
    if (plain)
      escaped += c;
    else
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

}  // namespace rift::hub
