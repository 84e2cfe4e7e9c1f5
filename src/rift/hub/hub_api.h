#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/hub/http_client.h"
#include "rift/hub/hub_settings.h"

namespace rift::hub {

/// A file of a model as the hub lists it.
struct HubFile {
  std::string name;  // relative, stays inside of the model's directory
  int64_t size_bytes = 0;
  std::string digest;  // what a cache calls it: SHA-256 where is_lfs, else git's name of its bytes (SHA-1)
  bool is_lfs = false;
};

struct HubModel {
  std::string id;  // "" where the listing does not say; another than was asked for where a model was renamed
  std::string commit;
  std::vector<HubFile> files;  // in the hub's order
};

/// How often and how long is waited when a hub says that it is busy or a connection breaks.
struct RetryOptions {
  int attempts = 5;               // without a byte of progress
  int64_t first_wait_ms = 1000;   // doubles from attempt to attempt; a server's Retry-After goes first
  int64_t max_wait_ms = 120'000;  // a server that asks for more is not waited for
};

/// Repeats `attempt` as long as its answer says that it may pass; `progressed` tells whether bytes have come since the
/// attempt before. The last answer is returned, whatever it says. Throws kInterrupted while it waits.
HttpAnswer with_retries(const RetryOptions& options, const std::function<HttpAnswer()>& attempt,
                        const std::function<bool()>& progressed);

/// Throws the error that an answer is: what was asked for (`what`), who said what, and what to do about it.
[[noreturn]] void refuse_answer(const HttpAnswer& answer, const HubSettings& hub, std::string_view id,
                                std::string_view what);

/// GET /api/models/<id>/revision/<revision>?blobs=true: the commit that `revision` is now, and its files. Throws
/// kArtefact (no such model or revision; a listing that lacks sizes or digests or names a file outside), kEnvironment
/// (network, refused).
HubModel ask_hub(HttpClient& client, const HubSettings& hub, const std::string& id, const std::string& revision,
                 const RetryOptions& retry);

/// The listing's JSON, checked; `source` names it in errors.
HubModel read_listing(std::string_view json, std::string_view source);

/// /<id>/resolve/<commit>/<file>
std::string file_url(const HubSettings& hub, std::string_view id, std::string_view commit, std::string_view file);

}  // namespace rift::hub
