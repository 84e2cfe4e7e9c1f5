#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The cache of models that the libraries of Hugging Face share: models--<org>--<name>/ with blobs/<digest>,
/// snapshots/<commit>/<file> (links to blobs) and refs/<name> (a file holding a commit).
/// Source: "Understand caching" of huggingface_hub's documentation, and what version 0.36 reads and writes.
namespace rift::hub {

/// Where these libraries keep what is theirs: HF_HOME, else XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface.
/// Empty when none of the variables nor HOME is set. It need not exist.
std::filesystem::path home_directory();

/// HF_HUB_CACHE, else hub/ in home_directory(); empty where that is.
std::filesystem::path cache_directory();

/// "~/x" as a shell would read it.
std::filesystem::path expanded(const std::string& path);

/// Whether `name` is a model's name on a hub: "org/name" or "name", parts of letters, digits, '.', '_' and '-' that
/// neither begin nor end with '.' or '-' and have no "--" or ".." in them, at most 96 bytes.
bool is_model_id(std::string_view name);

bool is_commit(std::string_view text);  // 40 lower-case hex digits

/// "models--org--name"
std::string cache_folder(std::string_view id);

struct CachedRevision {
  std::string commit;
  std::vector<std::string> refs;  // names that point to it ("main"), sorted
  std::filesystem::path directory;
};

struct CachedModel {
  std::string id;
  std::vector<CachedRevision> revisions;  // by commit
};

/// What `folder`, a models--... of a cache, holds; a model without revisions is one whose fetch did not end. nullopt
/// for other names. Whatever cannot be read counts as not there.
std::optional<CachedModel> read_cached_model(const std::filesystem::path& folder);

/// The snapshot of `id` that the ref names; empty when it is not there.
std::filesystem::path find_snapshot(const std::filesystem::path& cache, std::string_view id,
                                    std::string_view ref = "main");

/// Which model of a hub, and which commit of it, lies in a directory.
struct Origin {
  std::string id;      // "" when the directory does not say
  std::string commit;  // 40 hex digits
};

/// Of a snapshot in a cache, by its path; of a directory that was fetched to a place of its own, by the notes that
/// huggingface_hub and rift leave in it (kNotesFolder). nullopt for other directories.
std::optional<Origin> origin_of(const std::filesystem::path& model_directory);

/// In a directory that was fetched to a place of its own: <file>.metadata with commit, digest and time, a line each.
inline constexpr std::string_view kNotesFolder = ".cache/huggingface/download";

}  // namespace rift::hub
