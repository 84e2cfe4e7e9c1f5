#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

/// GET and POST over HTTP and HTTPS: the only code of rift that opens a connection, and the only one that knows
/// libcurl.
namespace rift::hub {

struct HttpRequest {
  std::string url;    // http:// or https://
  std::string token;  // sent as bearer to the host of `url` alone, not to where it redirects; "" = none
  int64_t from = 0;   // first byte that is wanted
};

/// JSON that is sent to one address and nowhere else: no redirect is followed.
struct HttpPost {
  std::string url;
  std::string token;  // as of a HttpRequest
  std::string body;
  int64_t timeout_s = 60;             // for all of it
  bool goes_on_when_stopped = false;  // Ctrl-C does not end it: a last word
};

/// How a request ended.
struct HttpAnswer {
  int status = 0;              // 0 = none came
  std::string problem;         // why the transfer broke off, "" = it came to its end
  bool may_pass = false;       // the problem may be gone when it is tried again
  int64_t retry_after_s = -1;  // as the server asks, -1 = it does not
  std::string error_code;      // X-Error-Code of a hub: "GatedRepo", "RepoNotFound", "RevisionNotFound", ...
  std::string host;            // that gave the answer, behind redirects; fit for a message
  bool is_whole() const { return problem.empty() && (status == 200 || status == 206); }
};

/// Takes a body. `begin` comes once before the bytes with the number of the first one: 0 where the server sends the
/// whole thing though a later byte was asked for. Bodies of errors are not handed on.
struct HttpSink {
  std::function<void(int64_t first_byte)> begin;
  std::function<void(std::string_view bytes)> append;
};

/// Certificates are checked against the system's, or those of the file that SSL_CERT_FILE names. At most 10 redirects
/// are followed, from https to https only. A connection that gives no byte for a minute is given up. Keeps the
/// connection for the next request. Not thread-safe.
class HttpClient {
 public:
  HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();
  /// What `sink` throws comes through; so does Error(kInterrupted) soon after Ctrl-C.
  HttpAnswer get(const HttpRequest& request, const HttpSink& sink);
  HttpAnswer post(const HttpPost& post, const HttpSink& sink);

 private:
  struct Transfer;
  HttpAnswer perform(Transfer& transfer, const std::string& url);
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

/// Text as a part of a URL: all but letters, digits and "-._~" as %XX; '/' stays where `keep_slashes`.
enum class Slashes { kKept, kEscaped };
std::string url_escaped(std::string_view text, Slashes slashes);

}  // namespace rift::hub
