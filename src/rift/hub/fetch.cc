#include "rift/hub/fetch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/base/staged_file.h"
#include "rift/hub/cache.h"
#include "rift/hub/incomplete_file.h"

namespace rift::hub {
namespace {

namespace fs = std::filesystem;

/// Where a file lies while it comes, and where then.
struct FilePlace {
  fs::path part;
  fs::path target;
};

/// Gets files of one commit, one after the other over one connection.
class Download {
 public:
  Download(const FetchSpec& spec, HttpClient& client, const HubModel& model, Progress& progress)
      : spec_(spec), client_(client), model_(model), progress_(progress) {}

  /// The file is right or there is an error.
  void get(const HubFile& file, const FilePlace& place) {
    progress_.note(file.name);
    IncompleteFile incomplete(place.part, file);
    counted_ = 0;
    count(incomplete);
    const bool was_begun = incomplete.size_bytes() > 0;
    receive(file, incomplete);
    bool right = incomplete.is_right();
    count(incomplete);
    if (!right && was_begun) {  // what an earlier process left may be at fault: once more from the first byte
      log_info(fmt::format("{}: what was there of it does not fit to the rest; it is fetched anew", file.name));
      receive(file, incomplete);
      right = incomplete.is_right();
    }
    RIFT_REQUIRE(
        right, Code::kArtefact,
        "{}: the {} bytes that came have another {} than the hub states; nothing of it is kept: try again, and "
        "if it happens again ask who runs {}",
        file.name, file.size_bytes, file.is_lfs ? "SHA-256" : "SHA-1", spec_.hub.endpoint);
    incomplete.publish(place.target);
  }

 private:
  void receive(const HubFile& file, IncompleteFile& incomplete) {
    if (incomplete.size_bytes() == file.size_bytes && file.size_bytes > 0) return;
    const std::string url = file_url(spec_.hub, spec_.id, model_.commit, file.name);
    int64_t before = incomplete.size_bytes();
    const HttpSink sink = {.begin =
                               [&](int64_t first_byte) {
                                 if (first_byte != incomplete.size_bytes()) incomplete.restart();
                                 count(incomplete);
                               },
                           .append =
                               [&](std::string_view bytes) {
                                 append(incomplete, bytes);
                                 count(incomplete);
                               }};
    const HttpAnswer answer = with_retries(
        spec_.retry,
        [&] {
          before = incomplete.size_bytes();
          HttpAnswer got = client_.get({.url = url, .token = spec_.hub.token, .from = before}, sink);
          // A server that says "whole" and sends less has cut it: as a connection that broke off.
          if (got.is_whole() && incomplete.size_bytes() < file.size_bytes) {
            got.problem = fmt::format("{} of {} bytes came", incomplete.size_bytes(), file.size_bytes);
            got.may_pass = true;
          }
          return got;
        },
        [&] { return incomplete.size_bytes() > before; });
    if (!answer.is_whole()) refuse_answer(answer, spec_.hub, spec_.id, fmt::format("{}: {}", spec_.id, file.name));
  }

  /// What is forgotten of a file counts as not done.
  void count(const IncompleteFile& incomplete) {
    progress_.advance(incomplete.size_bytes() - counted_);
    counted_ = incomplete.size_bytes();
  }

  static void append(IncompleteFile& incomplete, std::string_view bytes) {
    try {
      incomplete.append(bytes);
    } catch (const Error& error) {
      if (error.code() == Code::kArtefact) incomplete.restart();
      throw;
    }
  }

  const FetchSpec& spec_;
  HttpClient& client_;
  const HubModel& model_;
  Progress& progress_;
  int64_t counted_ = 0;  // of the file on its way
};

std::vector<HubFile> chosen_files(const FetchSpec& spec, const HubModel& model) {
  std::vector<std::string> names;
  std::unordered_map<std::string_view, const HubFile*> files;
  for (const HubFile& file : model.files) {
    names.push_back(file.name);
    files.emplace(file.name, &file);
  }
  std::vector<HubFile> chosen;
  for (const std::string& name : spec.choose(names)) {
    const auto found = files.find(name);
    RIFT_CHECK(found != files.end());
    chosen.push_back(*found->second);
  }
  return chosen;
}

int64_t held_bytes(const fs::path& part) {
  std::error_code error;
  const auto size = fs::file_size(part, error);
  return error ? 0 : static_cast<int64_t>(size);
}

/// Fetches what is not right at its target yet. `place_of` says where each file goes; `lock_of` what guards it.
template <class PlaceOf>
std::vector<FetchedFile> get_missing(const FetchSpec& spec, HttpClient& client, const HubModel& model,
                                     const std::vector<HubFile>& files, const fs::path& directory, PlaceOf place_of) {
  std::vector<FetchedFile> fetched;
  int64_t missing_bytes = 0, space_bytes = 0;  // 63 bits hold kMaxFiles of kMaxFileBytes
  std::set<fs::path> counted;                  // files of equal bytes share a blob
  for (const HubFile& file : files) {
    const FilePlace place = place_of(file);
    fetched.push_back({file, !is_as_stated(place.target, file)});
    if (!fetched.back().downloaded || !counted.insert(place.target).second) continue;
    missing_bytes += file.size_bytes;
    space_bytes += file.size_bytes - std::min(held_bytes(place.part), file.size_bytes);
  }
  require_free_space(directory, space_bytes, "name another place by --to or HF_HUB_CACHE");
  if (missing_bytes == 0 && std::ranges::none_of(fetched, &FetchedFile::downloaded)) return fetched;
  Progress progress("fetching " + spec.id, missing_bytes, "bytes");
  Download download(spec, client, model, progress);
  std::set<fs::path> got;
  for (const FetchedFile& file : fetched) {
    const FilePlace place = place_of(file.file);
    if (!file.downloaded || !got.insert(place.target).second) continue;
    posix::make_directories(posix::parent_of(place.part));
    posix::make_directories(posix::parent_of(place.target));
    download.get(file.file, place);
  }
  return fetched;
}

/// A relative link `at` to `target`, in place of what another process may have put there.
void link_to(const fs::path& target, const fs::path& at) {
  std::error_code error;
  if (fs::is_symlink(at, error) && fs::read_symlink(at, error) == target) return;
  posix::make_directories(posix::parent_of(at));
  const fs::path fresh = fs::path(at).concat(".new-link");
  fs::remove(fresh, error);
  if (::symlink(target.c_str(), fresh.c_str()) != 0) posix::fail(at, "create");
  if (::rename(fresh.c_str(), at.c_str()) != 0) posix::fail(at, "rename into place");
}

/// "../../blobs/<digest>" as seen from snapshots/<commit>/<name>
fs::path blob_link(const HubFile& file) {
  fs::path link = "../..";
  for (int64_t depth = std::ranges::count(file.name, '/'); depth > 0; --depth) link /= "..";
  return link / "blobs" / file.digest;
}

fs::path fetch_to_cache(const FetchSpec& spec, HttpClient& client, const HubModel& model, FetchResult& result) {
  const std::string name = cache_folder(spec.id);
  const fs::path folder = spec.cache / name;
  posix::make_directories(folder / "blobs");
  // The locks that huggingface_hub takes, one for each blob; ours are held together and in one order.
  std::vector<HubFile> files = chosen_files(spec, model);
  std::ranges::sort(files, {}, &HubFile::digest);
  std::vector<FileLock> locks;
  for (size_t i = 0; i < files.size(); ++i) {
    if (i > 0 && files[i].digest == files[i - 1].digest) continue;
    locks.emplace_back(spec.cache / ".locks" / name / (files[i].digest + ".lock"));
  }
  files = chosen_files(spec, model);
  result.files = get_missing(spec, client, model, files, folder, [&](const HubFile& file) {
    const fs::path blob = folder / "blobs" / file.digest;
    return FilePlace{fs::path(blob).concat(".incomplete"), blob};
  });
  const fs::path snapshot = folder / "snapshots" / model.commit;
  for (const HubFile& file : files) link_to(blob_link(file), snapshot / file.name);
  if (!is_commit(spec.revision)) {  // last: who finds the ref finds the files
    posix::make_directories(posix::parent_of(folder / "refs" / spec.revision));
    write_file_atomic(folder / "refs" / spec.revision, model.commit);
  }
  return snapshot;
}

/// What huggingface_hub notes of a file that it fetched to a place of its own.
void write_note(const fs::path& directory, const HubModel& model, const HubFile& file) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const fs::path note = directory / kNotesFolder / (file.name + ".metadata");
  posix::make_directories(posix::parent_of(note));
  write_file_atomic(
      note, fmt::format("{}\n{}\n{:.3f}\n", model.commit, file.digest, std::chrono::duration<double>(now).count()));
}

bool is_empty_or_absent(const fs::path& directory) {
  std::error_code error;
  return !fs::exists(fs::symlink_status(directory, error)) || fs::is_empty(directory, error);
}

/// Whether `target` holds the files already; what else is there is refused. False where there is nothing.
bool holds_files(const FetchSpec& spec, const HubModel& model, const std::vector<HubFile>& files,
                 const fs::path& target) {
  if (is_empty_or_absent(target)) return false;
  const auto is_right = [&](const HubFile& file) { return is_as_stated(target / file.name, file); };
  RIFT_REQUIRE(std::ranges::all_of(files, is_right), Code::kConfig,
               "--to {}: it is there already and is not {} at commit {}; name a new directory", target.string(),
               spec.id, model.commit);
  return true;
}

/// A folder that another user has laid where the stage is to be may change under our hands.
void require_own(const fs::path& stage) {
  struct stat found {};
  RIFT_REQUIRE(::lstat(stage.c_str(), &found) != 0 || (S_ISDIR(found.st_mode) && found.st_uid == ::geteuid()),
               Code::kEnvironment,
               "{}: is no folder of this user, and rift lays its files there; remove it, or name "
               "another place by --to",
               stage.string());
}

/// What an earlier call has left in the stage and this one does not ask for goes: the directory is to hold what was
/// chosen and nothing else.
void remove_others(const fs::path& stage, const std::vector<HubFile>& files) {
  std::set<fs::path> kept;
  for (const HubFile& file : files) {
    kept.insert(stage / file.name);
    kept.insert(stage / kNotesFolder / (file.name + ".incomplete"));
  }
  std::error_code error;
  std::vector<fs::path> folders;
  std::vector<fs::path> others;
  for (const auto& entry : fs::recursive_directory_iterator(stage, error)) {
    const bool is_folder = entry.symlink_status().type() == fs::file_type::directory;
    if (is_folder) folders.push_back(entry.path());
    if (!is_folder && !kept.contains(entry.path())) others.push_back(entry.path());
  }
  for (const fs::path& other : others) {
    if (::unlink(other.c_str()) != 0 && errno != ENOENT) posix::fail(other, "remove");
  }
  // From the innermost; rmdir leaves those that hold something.
  std::for_each(folders.rbegin(), folders.rend(), [](const fs::path& folder) { ::rmdir(folder.c_str()); });
}

fs::path fetch_to_directory(const FetchSpec& spec, HttpClient& client, const HubModel& model, FetchResult& result) {
  const fs::path target = fs::absolute(*spec.to / "").lexically_normal().parent_path();
  const std::vector<HubFile> files = chosen_files(spec, model);
  // Beside the target and under names that the next call finds again; the lock outlives the stage.
  const std::string name = fmt::format(".{}.fetch", target.filename().string());
  std::optional<PassingLock> lock;
  bool done = holds_files(spec, model, files, target);
  if (!done) {
    lock.emplace(target.parent_path() / (name + ".lock"));
    done = holds_files(spec, model, files, target);  // another process may have been at it until now
  }
  if (done) {
    for (const HubFile& file : files) result.files.push_back({file, false});
    return target;
  }
  const fs::path stage = target.parent_path() / fmt::format("{}-{}", name, model.commit.substr(0, 12));
  require_own(stage);
  remove_others(stage, files);
  posix::make_directories(stage / kNotesFolder);
  result.files = get_missing(spec, client, model, files, stage, [&](const HubFile& file) {
    return FilePlace{stage / kNotesFolder / (file.name + ".incomplete"), stage / file.name};
  });
  for (const HubFile& file : files) write_note(stage, model, file);
  write_file_atomic(stage / ".cache/huggingface/.gitignore", "*");
  if (::rename(stage.c_str(), target.c_str()) != 0) posix::fail(target, "rename into place");
  posix::sync(posix::parent_of(target));
  return target;
}

}  // namespace

FetchResult fetch(const FetchSpec& spec) {
  RIFT_REQUIRE(is_model_id(spec.id), Code::kConfig,
               "'{}': expected the name of a model on a hub, such as sentence-transformers/all-MiniLM-L6-v2",
               shorten(spec.id));
  RIFT_REQUIRE(!spec.revision.empty() && stays_inside(spec.revision), Code::kConfig,
               "--revision '{}': expected a branch, tag or commit", shorten(spec.revision));
  RIFT_REQUIRE(!spec.hub.offline, Code::kUnsupported,
               "HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set, so nothing is fetched; unset it, or fetch {} where "
               "there is a network and bring its directory here",
               spec.id);
  std::error_code ignored;
  RIFT_REQUIRE(!spec.to || !fs::is_regular_file(*spec.to, ignored), Code::kConfig,
               "--to {}: it is a file; name a directory that is to be made", spec.to->string());
  RIFT_REQUIRE(spec.to || !spec.cache.empty(), Code::kConfig,
               "there is no place for a cache: set HF_HUB_CACHE or HOME, or name a directory by --to");
  log_info(fmt::format("asking {} for {} at {}; only rift models fetch uses the network", spec.hub.endpoint, spec.id,
                       spec.revision));
  HttpClient client;
  const HubModel model = ask_hub(client, spec.hub, spec.id, spec.revision, spec.retry);
  if (!model.id.empty() && model.id != spec.id)
    log_info(fmt::format("{} calls {} {} now", spec.hub.endpoint, spec.id, shorten(model.id)));
  RIFT_REQUIRE(!is_commit(spec.revision) || model.commit == spec.revision, Code::kArtefact,
               "{}: asked for commit {}, the hub answers with {}", spec.id, spec.revision, model.commit);
  FetchResult result{.id = spec.id, .revision = spec.revision, .commit = model.commit};
  result.directory =
      spec.to ? fetch_to_directory(spec, client, model, result) : fetch_to_cache(spec, client, model, result);
  for (const FetchedFile& file : result.files) {
    if (file.downloaded) result.downloaded_bytes += file.file.size_bytes;
  }
  return result;
}

Json to_json(const FetchResult& result) {
  Json files = Json::array();
  for (const FetchedFile& fetched : result.files) {
    files.push_back(Json{{"name", fetched.file.name},
                         {"bytes", fetched.file.size_bytes},
                         {fetched.file.is_lfs ? "sha256" : "git_sha1", fetched.file.digest},
                         {"downloaded", fetched.downloaded}});
  }
  return Json{{"model", result.id},
              {"revision", result.revision},
              {"commit", result.commit},
              {"directory", result.directory.string()},
              {"downloaded_bytes", result.downloaded_bytes},
              {"files", std::move(files)}};
}

}  // namespace rift::hub
