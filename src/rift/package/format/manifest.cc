#include "rift/package/format/manifest.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/base/sha256.h"
#include "rift/package/format/package.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxManifestBytes = int64_t{16} << 20;

/// Names of all plain files, sorted by bytes; `code` says whose fault anything else is.
std::vector<std::string> plain_files(const fs::path& package, Code code) {
  std::vector<std::string> names;
  std::error_code error;
  // The error of a step names no path, so it is told here.
  for (fs::recursive_directory_iterator at(package, error), end; !error && at != end; at.increment(error)) {
    const fs::directory_entry& entry = *at;
    const std::string name = entry.path().lexically_relative(package).generic_string();
    if (!entry.is_symlink() && entry.is_directory()) continue;
    RIFT_REQUIRE(!entry.is_symlink() && entry.is_regular_file(), code,
                 "{}: {} is neither a plain file nor a folder; a package holds nothing else", package.string(),
                 shorten(name));
    if (name != kManifestFile) names.push_back(name);
  }
  RIFT_REQUIRE(!error, Code::kEnvironment, "{}: a folder in it cannot be read: {}", package.string(), error.message());
  std::sort(names.begin(), names.end());
  return names;
}

PackageFile read_entry(const Json& entry, const std::string& manifest) {
  PackageFile file{entry.at("name").as_string(), entry.at("bytes").as_int(), entry.at("sha256").as_string()};
  RIFT_REQUIRE(stays_inside(file.name), Code::kArtefact, "{}: '{}' is not the name of a file inside the package",
               manifest, shorten(file.name));
  return file;
}

/// A package that a directory of rift train or rift compare holds; empty when it holds none.
fs::path package_within(const fs::path& directory) {
  if (fs::exists(directory / "package" / kManifestFile)) return directory / "package";
  std::error_code none;
  for (const fs::directory_entry& model : fs::directory_iterator(directory / "models", none)) {
    if (fs::exists(model.path() / "package" / kManifestFile)) return directory / "models" / "<model>" / "package";
  }
  return {};
}

/// SHA-256 of the manifest's text, this digest left empty in it.
std::string digest_of(Json manifest) {
  manifest["sha256"] = "";
  return sha256_hex(to_json_text(manifest, 2));
}

void check_file(const fs::path& package, const PackageFile& file) {
  const fs::path path = package / file.name;
  RIFT_REQUIRE(fs::is_regular_file(fs::symlink_status(path)), Code::kArtefact,
               "{}: missing; the package is not whole, take it anew from where it was published", path.string());
  const auto bytes = static_cast<int64_t>(fs::file_size(path));
  RIFT_REQUIRE(bytes == file.bytes, Code::kArtefact, "{}: expected {} bytes, got {}; the file was cut or changed",
               path.string(), file.bytes, bytes);
  RIFT_REQUIRE(sha256_file(path) == file.sha256, Code::kArtefact,
               "{}: its SHA-256 is not the one of {}; the file was changed after the package was published",
               path.string(), kManifestFile);
}

}  // namespace

std::optional<Json> pretrained_json_of(const fs::path& directory) {
  const fs::path file = directory / kManifestFile;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  const Json manifest = read_json(file, {.max_bytes = kMaxManifestBytes});
  const Json* pretrained = manifest.find("pretrained");
  return pretrained == nullptr ? std::nullopt : std::optional<Json>(*pretrained);
}

void write_manifest(const fs::path& package, const Json& pretrained) {
  Json files = Json::array();
  for (const std::string& name : plain_files(package, Code::kBug)) {
    files.push_back(Json{{"name", name},
                         {"bytes", static_cast<int64_t>(fs::file_size(package / name))},
                         {"sha256", sha256_file(package / name)}});
  }
  Json manifest{{"format_version", 1}, {"sha256", ""}, {"environment", describe_environment()}};
  if (!pretrained.is_null()) manifest["pretrained"] = pretrained;
  manifest["files"] = std::move(files);
  manifest["sha256"] = digest_of(manifest);
  write_file_atomic(package / kManifestFile, to_json_text(manifest, 2) + "\n");
}

std::vector<PackageFile> check_manifest(const fs::path& package) {
  RIFT_REQUIRE(fs::is_directory(package), Code::kArtefact,
               "{}: no such package directory; rift train and rift compare publish packages", package.string());
  const std::string source = (package / kManifestFile).string();
  const fs::path inner = package_within(package);
  RIFT_REQUIRE(inner.empty(), Code::kArtefact, "{}: expected a package, got the directory of a run; name {}",
               package.string(), inner.string());
  RIFT_REQUIRE(fs::exists(source), Code::kArtefact,
               "{}: missing; this is no package of rift (rift train and rift compare publish them)", source);
  const Json manifest = read_json(source, {.max_bytes = kMaxManifestBytes});
  const int64_t version = manifest.at("format_version").as_int();
  RIFT_REQUIRE(version == 1, Code::kUnsupported, "{}: format {} is not one that this rift reads (1)", source, version);
  std::vector<PackageFile> files;
  std::set<std::string> listed;
  for (const Json& entry : manifest.at("files").as_array()) {
    files.push_back(read_entry(entry, source));
    RIFT_REQUIRE(listed.insert(files.back().name).second, Code::kArtefact, "{}: '{}' is listed twice", source,
                 shorten(files.back().name));
    check_file(package, files.back());
  }
  for (const std::string& name : plain_files(package, Code::kArtefact)) {
    RIFT_REQUIRE(listed.contains(name), Code::kArtefact,
                 "{}: not listed in {}; the package was changed: take the file out of it", (package / name).string(),
                 kManifestFile);
  }
  RIFT_REQUIRE(manifest.at("sha256").as_string() == digest_of(manifest), Code::kArtefact,
               "{}: its 'sha256' is not that of the rest of it; the file was changed after the package was published",
               source);
  return files;
}

void require_outside_of_packages(const fs::path& out, std::string_view flag) {
  std::error_code ignored;
  for (fs::path folder = fs::weakly_canonical(out, ignored).parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    RIFT_REQUIRE(!fs::exists(folder / kManifestFile, ignored) || !fs::exists(folder / "rift.json", ignored),
                 Code::kConfig,
                 "{} {}: lies inside of the package {}, which would be refused with a file more in it; name a place "
                 "outside of it",
                 flag, out.string(), folder.string());
  }
}

}  // namespace rift::package
