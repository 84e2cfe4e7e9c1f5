#include "rift/package/export.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/package/beside.h"
#include "rift/package/format/manifest.h"
#include "rift/package/language_head.h"
#include "rift/package/onnx_export.h"
#include "rift/package/onnx_image_export.h"
#include "rift/package/pretrained.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAdapterFiles = "adapter/";
constexpr std::string_view kWeights = "model.safetensors";

/// What a package holds beside the text model.
constexpr std::array<std::string_view, 3> kOwnFiles = {"rift.json", kManifestFile, kLanguageHeadFile};
constexpr std::array<std::string_view, 2> kOwnFolders = {"parts/", kAdapterFiles};

bool is_hf(std::string_view name) {
  return std::ranges::find(kOwnFiles, name) == kOwnFiles.end() &&
         std::ranges::none_of(kOwnFolders, [&](std::string_view folder) { return name.starts_with(folder); });
}

std::string of_adapter(std::string_view name) { return std::string(kAdapterFiles) + std::string(name); }

/// Of an adapter in PEFT's form, what PEFT reads.
bool is_peft(std::span<const std::string> files, const std::string& name) {
  const bool has_form = std::ranges::find(files, of_adapter("adapter_config.json")) != files.end();
  return has_form && name.starts_with(kAdapterFiles) && name != of_adapter(kBesideOptions) &&
         name != of_adapter(kBesideTensors);
}

struct Copy {
  std::string from;  // relative to the package
  std::string to;    // relative to the target
};

/// What goes along with weights that come from a pretrained model: its licence files and the model card.
std::vector<std::string> licence_files(const fs::path& package) {
  const auto pretrained = pretrained_json_of(package);
  if (!pretrained) return {};
  std::vector<std::string> files = pretrained_from_json(*pretrained).licence_files;
  files.emplace_back(kModelCard);
  return files;
}

std::vector<Copy> files_of(std::span<const std::string> files, ExportFormat format) {
  std::vector<Copy> copies;
  for (const std::string& file : files) {
    if (format == ExportFormat::kHf && is_hf(file)) copies.push_back({file, file});
    if (format == ExportFormat::kPeft && is_peft(files, file)) {
      copies.push_back({file, file.substr(kAdapterFiles.size())});
    }
  }
  return copies;
}

void copy_files(const fs::path& package, const std::vector<Copy>& copies, const fs::path& to) {
  for (const Copy& copy : copies) {
    const fs::path target = to / copy.to;
    fs::create_directories(target.parent_path());
    write_file_atomic(target, read_file(package / copy.from, int64_t{1} << 40));
  }
}

/// The directory appears with everything that `write` lays into it.
void write_new(const fs::path& out, const WriteFiles& write) {
  StagedDirectory stage(out);
  write(stage.path());
  stage.publish();
}

}  // namespace

void require_exportable(std::span<const std::string> files, ExportFormat format, const fs::path& package) {
  const bool has_text_model = std::ranges::find(files, kWeights) != files.end();
  RIFT_REQUIRE(
      has_text_model, Code::kUnsupported,
      "{}: the package holds no text model, so there is nothing that another library could load; of what lies under "
      "parts/, scorecard.json and logistic.json explain themselves and gbdt.txt is LightGBM's",
      package.string());
  const bool beside = std::ranges::find(files, of_adapter(kBesideOptions)) != files.end();
  if (format == ExportFormat::kPeft) {
    RIFT_REQUIRE(
        !beside || !files_of(files, format).empty(), Code::kUnsupported,
        "{}: PEFT has no form for bottleneck adapters; the package keeps them beside its weights for rift score",
        package.string());
  } else {
    RIFT_REQUIRE(
        !beside, Code::kUnsupported,
        "{}: what was tuned stands beside the pretrained weights and cannot be merged into them, so that --format "
        "{} would leave it out; export --format peft (prompt, prefix), or tune with lora or ia3",
        package.string(), name_of(format));
  }
  RIFT_REQUIRE(format != ExportFormat::kPeft || !files_of(files, format).empty(), Code::kUnsupported,
               "{}: no adapter was tuned in this package; export it with --format hf", package.string());
}

void export_package(const fs::path& package, ExportFormat format, const fs::path& out) {
  RIFT_CHECK(format != ExportFormat::kGguf);
  std::error_code ignored;
  RIFT_REQUIRE(!fs::exists(out, ignored), Code::kConfig, "--out {}: it is there already; name a new directory",
               out.string());
  require_outside_of_packages(out);
  RIFT_REQUIRE(format != ExportFormat::kOnnx || out.extension() != ".onnx", Code::kConfig,
               "--out {}: expected a new directory, in which {} comes to lie beside the tokenizer; name one that does "
               "not end in .onnx",
               out.string(), kOnnxFile);
  if (is_image_model(package)) {
    if (format != ExportFormat::kOnnx) refuse_image_model(package);
    return write_new(out, onnx_image_files(package));
  }
  const std::vector<PackageFile> files = check_manifest(package);
  std::vector<std::string> names;
  for (const PackageFile& file : files) names.push_back(file.name);
  require_exportable(names, format, package);
  std::vector<Copy> copies = files_of(names, format);
  if (format != ExportFormat::kHf) {
    for (const std::string& file : licence_files(package)) copies.push_back({file, file});
  }
  const WriteFiles write_onnx = format == ExportFormat::kOnnx ? onnx_files(package) : WriteFiles();
  write_new(out, [&](const fs::path& to) {
    if (write_onnx) write_onnx(to);
    copy_files(package, copies, to);
  });
}

}  // namespace rift::package
