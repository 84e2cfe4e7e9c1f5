#include "rift/hub/cache.h"

#include <stdlib.h>

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"

namespace rift::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderPrefix = "models--";
constexpr size_t kMaxIdBytes = 96;
constexpr int64_t kMaxNoteBytes = 4096;

std::string variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_part_of_id(std::string_view part) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  const auto is_edge = [](char c) { return c == '.' || c == '-'; };
  return !part.empty() && std::ranges::all_of(part, is_letter) && !is_edge(part.front()) && !is_edge(part.back()) &&
         part.find("--") == part.npos && part.find("..") == part.npos;
}

/// The model that a folder of a cache is named after; "" for other names.
std::string id_of(const std::string& folder) {
  if (!folder.starts_with(kFolderPrefix)) return "";
  std::string id = folder.substr(kFolderPrefix.size());
  if (const size_t at = id.find("--"); at != std::string::npos) id.replace(at, 2, "/");
  return is_model_id(id) ? id : "";
}

std::string without_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

/// The first line of a small file; "" when it cannot be read.
std::string first_line(const fs::path& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return "";
  try {
    const std::string text = read_file(file, kMaxNoteBytes);
    return without_line_end(text.substr(0, text.find('\n')));
  } catch (const Error&) {
    return "";
  }
}

/// The refs of a model by commit; names of branches may hold slashes.
std::vector<std::pair<std::string, std::string>> refs_of(const fs::path& folder) {
  std::vector<std::pair<std::string, std::string>> refs;
  const fs::path root = folder / "refs";
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error)) {
    const std::string commit = first_line(entry->path());
    if (is_commit(commit)) refs.emplace_back(commit, entry->path().lexically_relative(root).generic_string());
  }
  std::sort(refs.begin(), refs.end());
  return refs;
}

std::optional<Origin> origin_in_cache(const fs::path& directory) {
  const std::string commit = directory.filename().string();
  const fs::path snapshots = directory.parent_path();
  const std::string id = id_of(snapshots.parent_path().filename().string());
  if (!is_commit(commit) || snapshots.filename() != "snapshots" || id.empty()) return std::nullopt;
  return Origin{id, commit};
}

}  // namespace

fs::path expanded(const std::string& path) {
  const std::string home = variable("HOME");
  if (path == "~" || path.starts_with("~/")) return home + path.substr(1);
  return path;
}

fs::path home_directory() {
  if (const std::string home = variable("HF_HOME"); !home.empty()) return expanded(home);
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return expanded(cache) / "huggingface";
  const std::string home = variable("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".cache" / "huggingface";
}

fs::path cache_directory() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string cache = variable(name); !cache.empty()) return expanded(cache);
  }
  const fs::path home = home_directory();
  return home.empty() ? fs::path() : home / "hub";
}

bool is_model_id(std::string_view name) {
  const size_t slash = name.find('/');
  if (name.size() > kMaxIdBytes) return false;
  if (slash == name.npos) return is_part_of_id(name);
  return is_part_of_id(name.substr(0, slash)) && is_part_of_id(name.substr(slash + 1));
}

bool is_commit(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string cache_folder(std::string_view id) {
  std::string folder(kFolderPrefix);
  for (const char c : id) folder += c == '/' ? std::string("--") : std::string(1, c);
  return folder;
}

std::optional<CachedModel> read_cached_model(const fs::path& folder) {
  CachedModel model{.id = id_of(folder.filename().string()), .revisions = {}};
  if (model.id.empty()) return std::nullopt;
  const auto refs = refs_of(folder);
  std::error_code error, ignored;
  for (fs::directory_iterator entry(folder / "snapshots", error), end; !error && entry != end; entry.increment(error)) {
    const std::string commit = entry->path().filename().string();
    if (!is_commit(commit) || !entry->is_directory(ignored)) continue;
    CachedRevision revision{.commit = commit, .refs = {}, .directory = entry->path()};
    for (const auto& [target, name] : refs) {
      if (target == commit) revision.refs.push_back(name);
    }
    model.revisions.push_back(std::move(revision));
  }
  std::ranges::sort(model.revisions, {}, &CachedRevision::commit);
  return model;
}

fs::path find_snapshot(const fs::path& cache, std::string_view id, std::string_view ref) {
  if (cache.empty() || !is_model_id(id)) return {};
  const fs::path folder = cache / cache_folder(id);
  const std::string commit = is_commit(ref) ? std::string(ref) : first_line(folder / "refs" / ref);
  if (!is_commit(commit)) return {};
  const fs::path snapshot = folder / "snapshots" / commit;
  std::error_code ignored;
  return fs::is_directory(snapshot, ignored) ? snapshot : fs::path();
}

std::optional<Origin> origin_of(const fs::path& model_directory) {
  std::error_code error;
  const fs::path directory = fs::absolute(model_directory / "", error).lexically_normal().parent_path();
  if (auto origin = origin_in_cache(directory)) return origin;
  if (auto origin = origin_in_cache(fs::canonical(directory, error))) return origin;  // through a link to a snapshot
  const std::string commit = first_line(directory / kNotesFolder / "config.json.metadata");
  return is_commit(commit) ? std::optional(Origin{"", commit}) : std::nullopt;
}

}  // namespace rift::hub
