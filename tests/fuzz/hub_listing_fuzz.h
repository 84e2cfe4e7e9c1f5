#pragma once

#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/hub/hub_api.h"

namespace rift::fuzz {

/// Reads the bytes as a hub's listing of a model. True when accepted, and then every file lies inside of the model's
/// directory; false when refused with an Error of the listing's fault; anything else escapes.
inline bool read_hub_listing(std::string_view bytes) {
  hub::HubModel model;
  try {
    model = hub::read_listing(bytes, "fuzz");
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact) throw;
    return false;
  }
  for (const hub::HubFile& file : model.files) {
    const bool sound = stays_inside(file.name) && file.size_bytes >= 0 && file.name.find('\0') == std::string::npos &&
                       (file.digest.size() == 40 || file.digest.size() == 64);
    if (!sound) RIFT_FAIL(Code::kBug, "a file of the listing lies outside or has no digest");
  }
  return true;
}

inline constexpr std::string_view kHubListing =
    R"({"id": "bank/model", "sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [
 {"rfilename": "config.json", "size": 2, "blobId": "00000000000000000000000000000000deadbeef"},
 {"rfilename": "1_Pooling/config.json", "size": 0, "blobId": "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "lfs": null},
 {"rfilename": "model.safetensors", "size": 4096, "blobId": "00000000000000000000000000000000cafebabe",
  "lfs": {"sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 4096}}]})";

}  // namespace rift::fuzz
