#include "rift/package/pretrained.h"

#include <fmt/ranges.h>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/checkpoint/licence.h"
#include "rift/hub/cache.h"
#include "rift/package/format/manifest.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoLicence =
    "the pretrained model's directory holds no licence file and its model card names no licence; ask where the model "
    "came from before the weights are passed on";

constexpr std::string_view kOfModel = " of the pretrained model";

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

std::string text_of(const Json& json, std::string_view key) {
  const Json& value = json.at(key);
  return value.is_null() ? std::string() : value.as_string();
}

std::string card_of(const Pretrained& pretrained, const CardSpec& card) {
  Json front = Json::object();
  if (!pretrained.licence.empty()) front["license"] = pretrained.licence;
  if (!pretrained.name.empty()) front["base_model"] = pretrained.name;
  front["library_name"] = card.library;
  std::string text = "---\n" + to_yaml_text(front) + "---\n\n";
  text += fmt::format(
      "Weights {} by rift from the pretrained model `{}`{}, whose weights have the SHA-256 "
      "{}.\n\n",
      card.made, pretrained.name.empty() ? "not known" : pretrained.name,
      pretrained.revision.empty() ? std::string() : " at commit " + pretrained.revision,
      pretrained.weights_sha256.empty() ? "not known" : pretrained.weights_sha256);
  if (!pretrained.has_licence()) return text + fmt::format("Licence: {}.\n", kNoLicence);
  if (!pretrained.licence.empty()) {
    text += fmt::format("Licence of the pretrained model, as its {} states it: {}.\n",
                        pretrained.licence_source == kModelCard ? "model card" : pretrained.licence_source,
                        pretrained.licence);
  }
  if (!pretrained.licence_files.empty()) {
    text += fmt::format("Licence files that lay beside it: {}.\n", fmt::join(pretrained.licence_files, ", "));
  }
  return text;
}

}  // namespace

Pretrained describe_pretrained(const checkpoint::HfDirectory& base, const std::string& weights_sha256) {
  if (const auto of_package = pretrained_json_of(base.root)) return pretrained_from_json(*of_package);
  const checkpoint::Licence licence = checkpoint::find_licence(base);
  const hub::Origin origin = hub::origin_of(base.root).value_or(hub::Origin{});
  const std::string directory = fs::absolute(base.root / "").parent_path().filename().string();
  Pretrained pretrained{.name = origin.id.empty() ? directory : origin.id,
                        .revision = origin.commit,
                        .weights_sha256 = weights_sha256,
                        .licence = licence.name,
                        .licence_source = licence.stated_in,
                        .licence_files = {}};
  for (const fs::path& file : licence.files) pretrained.licence_files.push_back(file.filename().string());
  return pretrained;
}

Json to_json(const Pretrained& pretrained) {
  Json json{
      {"name", text_or_null(pretrained.name)},
      {"revision", text_or_null(pretrained.revision)},
      {"weights_sha256", text_or_null(pretrained.weights_sha256)},
      {"licence", text_or_null(pretrained.licence)},
      {"licence_source", pretrained.licence.empty() ? Json() : Json(pretrained.licence_source + std::string(kOfModel))},
      {"licence_files", pretrained.licence_files}};
  if (!pretrained.has_licence()) json["note"] = kNoLicence;
  return json;
}

Pretrained pretrained_from_json(const Json& json) {
  Pretrained pretrained{.name = text_of(json, "name"),
                        .revision = json.contains("revision") ? text_of(json, "revision") : "",
                        .weights_sha256 = text_of(json, "weights_sha256"),
                        .licence = text_of(json, "licence"),
                        .licence_source = "README.md",
                        .licence_files = {}};
  if (const Json* source = json.find("licence_source"); source != nullptr && source->is_string()) {
    std::string_view text = source->as_string();
    if (text.ends_with(kOfModel)) text.remove_suffix(kOfModel.size());
    pretrained.licence_source = text;
  }
  for (const Json& file : json.at("licence_files").as_array()) {
    RIFT_REQUIRE(stays_inside(file.as_string()), Code::kArtefact,
                 "pretrained.licence_files: '{}' is not the name of a file inside the package",
                 shorten(file.as_string()));
    pretrained.licence_files.push_back(file.as_string());
  }
  return pretrained;
}

void write_pretrained(const fs::path& package, const Pretrained& pretrained, const fs::path& from,
                      const CardSpec& card) {
  for (const std::string& file : pretrained.licence_files) write_file_atomic(package / file, read_file(from / file));
  write_file_atomic(package / kModelCard, card_of(pretrained, card));
}

void write_card_from_scratch(const fs::path& directory) {
  Json front = Json::object();
  front["library_name"] = "transformers";
  write_file_atomic(
      directory / kModelCard,
      "---\n" + to_yaml_text(front) + "---\n\nWeights trained by rift from scratch, from no other model's.\n");
}

}  // namespace rift::package
