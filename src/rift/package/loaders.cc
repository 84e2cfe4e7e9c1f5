#include "rift/package/loaders.h"

#include "rift/package/text_scorer.h"

namespace rift::package {

PartLoaders all_loaders(const std::string& device) {
  PartLoaders loaders = classic_loaders();
  loaders["fine-tuned"] = [device](const std::filesystem::path& package, const Json& part, const data::Schema& schema) {
    return TextScorer::load(package, part, schema, device);
  };
  PartLoaders members = loaders;
  members.erase("fusion");
  loaders["fusion"] = fusion_loader(std::move(members));
  return loaders;
}

}  // namespace rift::package
