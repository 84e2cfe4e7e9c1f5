#include "rift/package/backbone.h"

#include <fmt/ranges.h>
#include <stdlib.h>

#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/hub/cache.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

bool has_directory(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// `.deps/models` in the nearest folder above `start` that has one.
fs::path models_above(const fs::path& start) {
  for (fs::path folder = start; !folder.empty(); folder = folder.parent_path()) {
    if (has_directory(folder / ".deps" / "models")) return folder / ".deps" / "models";
    if (folder == folder.root_path()) break;
  }
  return {};
}

std::vector<fs::path> places(const std::string& name, const fs::path& base_directory) {
  const fs::path models = models_directory();
  if (name.empty()) return {(models.empty() ? fs::path(".deps/models") : models) / kPackagedBackbone};
  const fs::path path(name);
  if (path.is_absolute()) return {path};
  std::vector<fs::path> tried;
  if (!base_directory.empty()) tried.push_back(base_directory / path);
  tried.push_back(path);
  if (!models.empty()) tried.push_back(models / path);
  return tried;
}

bool has_model(const fs::path& path) {
  std::error_code ignored;
  return has_directory(path) || (path.extension() == ".gguf" && fs::is_regular_file(path, ignored));
}

/// The first that is there, else the snapshot of a hub's model in the cache, absolute; empty when none is.
fs::path first_model(const std::vector<fs::path>& places, const std::string& name) {
  for (const fs::path& place : places) {
    if (has_model(place)) return fs::absolute(place).lexically_normal();
  }
  const fs::path snapshot = hub::find_snapshot(hub::cache_directory(), name);
  return snapshot.empty() ? snapshot : fs::absolute(snapshot).lexically_normal();
}

/// Where was looked for `name`, for errors.
std::string joined(const std::vector<fs::path>& places, const std::string& name) {
  std::vector<std::string> names;
  for (const fs::path& place : places) names.push_back(place.string());
  const fs::path cache = hub::cache_directory();
  if (hub::is_model_id(name) && !cache.empty()) names.push_back((cache / hub::cache_folder(name)).string());
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What to do about a model of a hub that is not here, or not at its ref main.
std::string cache_advice(const std::string& name) {
  if (!hub::is_model_id(name)) return "";
  const auto cached = hub::read_cached_model(hub::cache_directory() / hub::cache_folder(name));
  if (cached && !cached->revisions.empty()) {
    return fmt::format("; the cache has it at another revision than main: name {}",
                       cached->revisions.front().directory.string());
  }
  if (name.find('/') == name.npos) return "";
  return fmt::format("; where there is a network, rift models fetch {} gets it from a hub", name);
}

}  // namespace

fs::path models_directory() {
  if (const char* named = ::getenv("RIFT_MODELS"); named != nullptr && *named != '\0') return fs::absolute(named);
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (fs::path found = models_above(program.parent_path()); !found.empty()) return found;
  return models_above(fs::current_path(ignored));
}

fs::path resolve_backbone(const std::string& name, const fs::path& base_directory) {
  const std::vector<fs::path> tried = places(name, base_directory);
  if (const fs::path found = first_model(tried, name); !found.empty()) return found;
  if (name.empty()) {
    RIFT_FAIL(Code::kArtefact,
              "{}: the packaged model is not there; get it with 'make setup', or point RIFT_MODELS at the folder that "
              "holds {}, or name a Hugging Face directory in model.text.backbone",
              tried.front().string(), kPackagedBackbone);
  }
  RIFT_FAIL(
      Code::kArtefact,
      "model.text.backbone: no directory or .gguf file '{}' (tried {}); expected a Hugging Face model directory "
      "(config.json, model.safetensors, tokenizer), a GGUF model or the name of a model in the cache of Hugging Face's "
      "libraries{}; leave it out for the packaged {}",
      shorten(name, 200), joined(tried, name), cache_advice(name), kPackagedBackbone);
}

fs::path model_in(const fs::path& directory) {
  std::error_code ignored;
  fs::path inner = directory / "model";
  return fs::is_directory(inner, ignored) ? inner : directory;
}

fs::path resolve_model(const std::string& name) {
  if (name.empty()) return resolve_backbone(name, {});
  const std::vector<fs::path> tried = places(name, {});
  const fs::path found = first_model(tried, name);
  RIFT_REQUIRE(!found.empty(), Code::kArtefact,
               "no directory or .gguf file '{}' (tried {}); expected a Hugging Face model directory (config.json, "
               "model.safetensors, tokenizer), a GGUF model, a package with a language model in it, or the name of a "
               "packaged model such as {} or of a cached one{}; rift models list shows what is here",
               shorten(name, 200), joined(tried, name), kPackagedBackbone, cache_advice(name));
  RIFT_REQUIRE(!is_there(found / "rift.json") || is_there(found / "config.json"), Code::kUnsupported,
               "{}: this package holds no language model of its own, so there is nothing to look into; rift report "
               "shows what is in a package",
               found.string());
  return found;
}

fs::path resolve_model_or_file(const std::string& name) {
  std::error_code ignored;
  return fs::is_regular_file(name, ignored) ? fs::absolute(name) : resolve_model(name);
}

}  // namespace rift::package
