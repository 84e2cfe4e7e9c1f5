#pragma once

#include <string>

namespace rift::hub {

/// Which hub is asked, and as whom; the variables are those of Hugging Face's libraries.
struct HubSettings {
  std::string endpoint = "https://huggingface.co";  // HF_ENDPOINT: http:// or https://, without a slash at its end
  std::string token;                                // HF_TOKEN, never shown
  bool offline = false;                             // HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is 1, true, yes or on
};

/// Throws kConfig for an endpoint that is no address or holds a password, for a token that no header can hold, and for
/// a token that would go over the network in the clear (http to another machine).
HubSettings hub_settings();

}  // namespace rift::hub
