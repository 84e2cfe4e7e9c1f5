#include "rift/base/error.h"
#include "rift/classic/gbdt.h"
#include "rift/classic/logistic.h"
#include "rift/classic/scorecard.h"
#include "rift/classic/stack.h"
#include "rift/classic/text_baseline.h"
#include "rift/package/format/package.h"

namespace rift::package {

std::unique_ptr<score::Scorer> load_part(const std::filesystem::path& package, const Json& part,
                                         const data::Schema& schema, const PartLoaders& loaders) {
  const std::string& kind = part.at("kind").as_string();
  const auto loader = loaders.find(kind);
  RIFT_REQUIRE(loader != loaders.end(), Code::kUnsupported, "{}: a model of kind '{}' cannot be loaded here",
               (package / "rift.json").string(), shorten(kind));
  return loader->second(package, part, schema);
}

PartLoader fusion_loader(PartLoaders members) {
  return [members = std::move(members)](const std::filesystem::path& package, const Json& part,
                                        const data::Schema& schema) {
    return classic::Stack::load(
        package, part, schema,
        [&](const std::filesystem::path& root, const Json& member, const data::Schema& member_schema) {
          return std::shared_ptr<score::Scorer>(load_part(root, member, member_schema, members));
        });
  };
}

PartLoaders classic_loaders() {
  PartLoaders loaders;
  loaders["scorecard"] = classic::Scorecard::load;
  loaders["logistic"] = classic::Logistic::load;
  loaders["gbdt"] = classic::Gbdt::load;
  loaders["text-baseline"] = classic::TextBaseline::load;
  loaders["fusion"] = fusion_loader(loaders);
  return loaders;
}

}  // namespace rift::package
