#pragma once

#include "rift/base/json.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/gguf/tensor_names.h"

namespace rift::checkpoint {

/// The other way round than gguf_config(): the keys of an architecture for a decoder's config.json. Throws kUnsupported
/// naming a setting that the architecture's files cannot say, kArtefact for one that is missing. `source` names
/// config.json.
format::GgufMetadata gguf_metadata(const Json& config, const GgufArchitecture& architecture, std::string_view source);

/// Features of a head: head_dim, else the width divided among the heads; from 1 to kLargestSize. Throws kArtefact.
int64_t rotary_head_width(const Json& config, const GgufArchitecture& architecture, std::string_view source);

/// Throws kUnsupported naming the first setting of `config` that is another in `read`, what gguf_config() makes of the
/// file that was written: the file would then be of another model.
void require_same_settings(const Json& config, const Json& read, std::string_view source);

}  // namespace rift::checkpoint
