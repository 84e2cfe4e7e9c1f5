#include "rift/package/loaders.h"

#include "rift/base/error.h"
#include "rift/classic/stack.h"
#include "rift/package/text_scorer.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

/// A fusion's members may be of every kind that can be loaded, a fine-tuned model among them.
PartLoader fusion_loader(PartLoaders members) {
  return [members = std::move(members)](const fs::path& package, const Json& part, const data::Schema& schema) {
    const auto load_member = [&](const fs::path& root, const Json& member, const data::Schema& member_schema) {
      const std::string& kind = member.at("kind").as_string();
      const auto loader = members.find(kind);
      RIFT_REQUIRE(loader != members.end(), Code::kUnsupported,
                   "{}: the fusion holds a model of kind '{}', which this build cannot load",
                   (root / "rift.json").string(), shorten(kind));
      return std::shared_ptr<const score::Scorer>(loader->second(root, member, member_schema));
    };
    return classic::Stack::load(package, part, schema, load_member);
  };
}

}  // namespace

PartLoaders all_loaders(const std::string& device) {
  PartLoaders loaders = classic_loaders();
  loaders["fine-tuned"] = [device](const fs::path& package, const Json& part, const data::Schema& schema) {
    return TextScorer::load(package, part, schema, device);
  };
  PartLoaders members = loaders;
  members.erase("fusion");
  loaders["fusion"] = fusion_loader(std::move(members));
  return loaders;
}

}  // namespace rift::package
