#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/checkpoint/hf_directory.h"

/// Fine-tuned weights are derived from pretrained ones, so these and their licence travel with them. Torch-free.
namespace rift::package {

inline constexpr const char* kModelCard = "README.md";

/// The pretrained model that a package's weights were made from, as its own directory describes it.
struct Pretrained {
  std::string name;      // on the hub it was fetched from, else of its directory; "" = not known
  std::string revision;  // commit on that hub, "" = it does not come from one
  std::string weights_sha256;
  std::string licence;                     // as its model card or GGUF file states it, "" = not stated
  std::string licence_source;              // where it is stated: "README.md"
  std::vector<std::string> licence_files;  // in the package's root under the names they had

  bool has_licence() const { return !licence.empty() || !licence_files.empty(); }
};

/// Of a model directory. Of a package: the model that the package itself was made from.
Pretrained describe_pretrained(const checkpoint::HfDirectory& base, const std::string& weights_sha256);

/// {"name", "revision", "weights_sha256", "licence", "licence_source", "licence_files"}; what is not stated is null,
/// and without any licence a "note" says so.
Json to_json(const Pretrained& pretrained);
Pretrained pretrained_from_json(const Json& json);  // throws kArtefact

struct CardSpec {
  std::string_view made = "fine-tuned";       // what was done to the pretrained model's weights
  std::string_view library = "transformers";  // that loads them
};
/// Copies the licence files out of `from` and writes README.md, the model card that Hugging Face's tools look for, with
/// the licence and the name of the pretrained model.
void write_pretrained(const std::filesystem::path& package, const Pretrained& pretrained,
                      const std::filesystem::path& from, const CardSpec& card = {});
/// The model card of weights that were made from nothing: nobody's licence goes with them.
void write_card_from_scratch(const std::filesystem::path& directory);

}  // namespace rift::package
