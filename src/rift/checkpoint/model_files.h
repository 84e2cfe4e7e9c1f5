#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rift::checkpoint {

/// Whether a file belongs to a model beside its weights: configurations, tokenizer, model card, licence; in the root or
/// in a folder of sentence-transformers ("1_Pooling/config.json"). `name` is relative to the model's directory.
bool is_companion_file(std::string_view name);

/// Of the files of a model, those that rift needs: companions and one kind of weights, as weights_file() prefers them,
/// in each folder that has some. With `include`, patterns of a shell whose '*' also takes '/', exactly the files that
/// match one of them, and licence and model card. The order is that of `names`. Throws kUnsupported when there are no
/// weights that rift reads, kConfig when there are several .gguf to choose from or a pattern that no file matches.
std::vector<std::string> needed_files(std::span<const std::string> names, std::span<const std::string> include = {});

}  // namespace rift::checkpoint
