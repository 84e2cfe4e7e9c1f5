#pragma once

#include <string>

namespace rift::hub {

/// Which hub is asked, and as whom; the variables are those of Hugging Face's libraries.
struct HubSettings {
  std::string endpoint = "https://huggingface.co";  // HF_ENDPOINT: http:// or https://, without a slash at its end
  std::string token;                                // never shown
  std::string token_source;                         // "HF_TOKEN" or a file's path, for messages; "" without a token
  bool offline = false;                             // HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is 1, true, yes or on
};

/// The token is that of HF_TOKEN (or HUGGING_FACE_HUB_TOKEN, its older name), else of the file that `hf auth login`
/// leaves: HF_TOKEN_PATH, else token in home_directory(). HF_HUB_DISABLE_IMPLICIT_TOKEN does without. No file is looked
/// for offline. Source: huggingface_hub 0.36, utils/_auth.py and constants.py.
/// Throws kConfig for an endpoint that is no address or holds a password, for a token that no header can hold, and for
/// a HF_TOKEN that would go over the network in the clear (http to another machine): that of a file, which nobody named
/// for this hub, stays here with a warning. Throws as read_file() for a file that cannot be read.
HubSettings hub_settings();

}  // namespace rift::hub
