#pragma once

#include "rift/base/json.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/gguf/tensor_names.h"

namespace rift::checkpoint {

/// The other way round than gguf_config(): the keys of an architecture for a decoder's settings, of which none is left
/// out (models::complete_settings()). Throws kUnsupported naming a setting that the architecture's files cannot say.
/// `source` names config.json.
format::GgufMetadata gguf_metadata(const Json& settings, const GgufArchitecture& architecture, std::string_view source);

/// Throws kUnsupported naming the first of `settings` that is another in `read`, the settings of the file that was
/// written: it would be of another model. What matters to training alone may differ. Numbers are compared as f32.
void require_same_settings(const Json& settings, const Json& read, std::string_view source);

}  // namespace rift::checkpoint
