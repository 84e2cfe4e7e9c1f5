#include "rift/package/loaders.h"

#include "rift/package/text_scorer.h"

namespace rift::package {

PartLoaders all_loaders(const std::string& device) {
  PartLoaders loaders = classic_loaders();
  loaders.erase("fusion");  // its members may be fine-tuned here
  loaders["fine-tuned"] = [device](const std::filesystem::path& package, const Json& part, const data::Schema& schema) {
    return TextScorer::load(package, part, schema, device);
  };
  loaders["fusion"] = fusion_loader(loaders);
  return loaders;
}

}  // namespace rift::package
