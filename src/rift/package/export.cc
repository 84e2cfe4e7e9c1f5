#include "rift/package/export.h"

#include <algorithm>
#include <string>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/package/format/manifest.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAdapterFolder = "adapter/";

/// Files of rift alone; the rest of the root is the Hugging Face directory.
bool is_hugging_face(const std::string& name) {
  return name != "rift.json" && !name.starts_with("parts/") && !name.starts_with(kAdapterFolder);
}

/// Name under `out` of a package's file, empty when the format has no use for it.
std::string exported_name(ExportFormat format, const std::string& name) {
  if (format == ExportFormat::kPeft)
    return name.starts_with(kAdapterFolder) ? name.substr(kAdapterFolder.size()) : std::string();
  return is_hugging_face(name) ? name : std::string();
}

}  // namespace

void export_package(const fs::path& package, ExportFormat format, const fs::path& out) {
  RIFT_REQUIRE(!fs::exists(out), Code::kConfig, "{} is there already; name a new directory", out.string());
  const std::vector<PackageFile> files = check_manifest(package);
  const bool has_text_model =
      std::any_of(files.begin(), files.end(), [](const auto& file) { return file.name == "model.safetensors"; });
  RIFT_REQUIRE(has_text_model, Code::kUnsupported,
               "{}: this package holds no language model; there is nothing that transformers or peft could load",
               package.string());
  StagedDirectory stage(out);
  bool any = false;
  for (const PackageFile& file : files) {
    const std::string name = exported_name(format, file.name);
    if (name.empty()) continue;
    fs::create_directories((stage.path() / name).parent_path());
    write_file_atomic(stage.path() / name, read_file(package / file.name, int64_t{1} << 40));
    any = true;
  }
  RIFT_REQUIRE(any, Code::kUnsupported, "{}: no adapter was tuned (tuning.method lora makes one); export it as hf",
               package.string());
  stage.publish();
}

}  // namespace rift::package
