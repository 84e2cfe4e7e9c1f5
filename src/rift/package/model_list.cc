#include "rift/package/model_list.h"

#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/utf8.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/hub/cache.h"
#include "rift/package/backbone.h"
#include "rift/package/inspect.h"

namespace rift::package {
namespace {

namespace fs = std::filesystem;

using DeviceAndFile = std::pair<dev_t, ino_t>;

constexpr std::string_view kMarks[] = {"config.json", "modules.json", "rift.json"};

/// What lies in a directory itself.
struct Contents {
  bool is_marked = false;    // a directory that is one model
  bool has_weights = false;  // of the kinds that belong into one
  bool has_tokenizer = false;
  std::vector<fs::path> gguf;  // files
  std::vector<fs::path> folders;

  void add_file(const fs::path& path) {
    const std::string name = path.filename().string();
    is_marked = is_marked || std::ranges::find(kMarks, name) != std::end(kMarks);
    has_weights = has_weights || name.ends_with(".safetensors") || name == "pytorch_model.bin";
    has_tokenizer = has_tokenizer || std::ranges::find(checkpoint::tokenizer_file_names(), name) !=
                                         checkpoint::tokenizer_file_names().end();
    if (name.ends_with(".gguf")) gguf.push_back(path);
  }
  /// A single .gguf file with its tokenizer beside it is a model as other directories are.
  bool is_gguf_model() const { return gguf.size() == 1 && has_tokenizer; }
  bool is_model() const { return is_marked || has_weights || is_gguf_model(); }
};

/// Hidden folders, and what a cache keeps beside models.
bool is_passed_over(const std::string& folder) {
  return folder.starts_with(".") || folder.starts_with("datasets--") || folder.starts_with("spaces--");
}

/// What a model's weights are called by, from the name of the file that they are opened with.
std::string weights_kind(const std::string& file) {
  const bool shards = file.ends_with(".index.json");
  const std::string name = shards ? file.substr(0, file.size() - std::string_view(".index.json").size()) : file;
  std::string kind = name.ends_with(".safetensors") ? "safetensors" : name.ends_with(".gguf") ? "gguf" : "torch";
  return file.empty() ? "" : kind + (shards ? " in shards" : "");
}

std::string licence_of(const ModelInspection& model) {
  if (!model.licence_of_card.empty()) return model.licence_of_card;
  std::vector<std::string> files;
  for (const auto& licence : model.licences) files.push_back(licence.file);
  return fmt::format("{}", fmt::join(files, ", "));
}

/// Looks through places; one object for a whole list, so that nothing is looked into twice.
class ModelSearch {
 public:
  explicit ModelSearch(const ModelListLimits& limits) : limits_(limits) {}

  ModelList search(const std::vector<fs::path>& places) {
    for (const fs::path& place : places) {
      std::error_code ignored;
      RIFT_REQUIRE(!fs::is_regular_file(place, ignored), Code::kArtefact,
                   "{}: expected a directory that holds models, it is a file; rift models inspect looks at one model",
                   place.string());
      RIFT_REQUIRE(fs::is_directory(place, ignored), Code::kArtefact,
                   "{}: no such directory; name one that holds models, or leave it out for the usual places",
                   place.string());
      list_.places.push_back(valid_utf8(place.string()));
      const size_t begin = list_.models.size();
      place_ = place;
      visit(place, 0);
      std::sort(list_.models.begin() + static_cast<std::ptrdiff_t>(begin), list_.models.end(), comes_before);
    }
    if (entries_ > limits_.max_entries) {
      list_.notes.push_back(
          fmt::format("more than {} entries; the rest was not looked at: name a smaller folder", limits_.max_entries));
    }
    return std::move(list_);
  }

 private:
  static bool comes_before(const ListedModel& a, const ListedModel& b) {
    return std::tie(a.name, a.commit) < std::tie(b.name, b.commit);
  }

  /// True the first time for a directory, however it is reached.
  bool is_new(const fs::path& directory) {
    struct stat status {};
    return ::stat(directory.c_str(), &status) == 0 && seen_.insert({status.st_dev, status.st_ino}).second;
  }

  void visit(const fs::path& directory, int depth) {
    throw_if_interrupted();
    if (entries_ > limits_.max_entries || !is_new(directory)) return;
    if (const auto cached = hub::read_cached_model(directory)) return add_cached(*cached, directory);
    const Contents contents = contents_of(directory);
    if (contents.is_model()) add(directory, ModelKind::kFolder);
    if (contents.is_marked) return;
    if (!contents.is_gguf_model()) {
      for (const fs::path& file : contents.gguf) add(file, ModelKind::kFile);
    }
    if (depth == limits_.max_depth) return;
    for (const fs::path& folder : contents.folders) visit(folder, depth + 1);
  }

  Contents contents_of(const fs::path& directory) {
    Contents contents;
    std::error_code error, ignored;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
      if (++entries_ > limits_.max_entries) break;
      if (!entry->is_directory(ignored)) {
        contents.add_file(entry->path());
      } else if (!is_passed_over(entry->path().filename().string())) {
        contents.folders.push_back(entry->path());
      }
    }
    if (error) list_.notes.push_back(fmt::format("{}: {}", valid_utf8(directory.string()), error.message()));
    std::ranges::sort(contents.folders);
    return contents;
  }

  void add_cached(const hub::CachedModel& cached, const fs::path& folder) {
    for (const hub::CachedRevision& revision : cached.revisions) {
      ListedModel model = described(revision.directory);
      model.name = cached.id;
      model.kind = ModelKind::kCache;
      model.commit = revision.commit;
      model.refs = revision.refs;
      list_.models.push_back(std::move(model));
    }
    if (!cached.revisions.empty()) return;
    list_.models.push_back(
        {.name = cached.id,
         .kind = ModelKind::kCache,
         .directory = valid_utf8(folder.string()),
         .size_bytes = size_of(folder),
         .problem = "it has no snapshot: a download did not end; rift models fetch " + cached.id + " goes on with it"});
  }

  void add(const fs::path& path, ModelKind kind) {
    ListedModel model = described(path);
    if (kind == ModelKind::kFile) model.kind = kind;
    const std::string below = path.lexically_relative(place_).generic_string();
    model.name = valid_utf8(below == "." ? fs::absolute(path / "").parent_path().filename().string() : below);
    list_.models.push_back(std::move(model));
  }

  ListedModel described(const fs::path& directory) {
    ListedModel model{.directory = valid_utf8(directory.string()), .size_bytes = size_of(directory)};
    std::error_code ignored;
    if (fs::exists(directory / "rift.json", ignored)) model.kind = ModelKind::kPackage;
    try {
      if (model.kind == ModelKind::kPackage && !fs::exists(directory / "config.json", ignored)) {
        model.architecture = read_json(directory / "rift.json").at("model").at("kind").as_string();
        return model;
      }
      describe_model(directory, model);
    } catch (const Error& error) {
      if (error.code() == Code::kBug || error.code() == Code::kInterrupted) throw;
      model.problem = error.message();
    } catch (const fs::filesystem_error& error) {
      model.problem = error.what();
    }
    shorten_problem(model);
    return model;
  }

  static void describe_model(const fs::path& directory, ListedModel& model) {
    const ModelInspection found = inspect_model(directory);
    model.architecture = found.model_type;
    model.parameters = found.parameters;
    model.weights = weights_kind(found.weights_file);
    model.tokenizer = found.tokenizer;
    model.licence = licence_of(found);
    model.problem = found.problem;
    model.reads_images = found.image_sizes.has_value();
  }

  /// The directory is known already; and bytes of a broken file may stand in a message.
  static void shorten_problem(ListedModel& model) {
    model.problem = valid_utf8(model.problem);
    const std::string place = model.directory + "/", subject = model.directory + ": ";
    if (model.problem.starts_with(subject)) model.problem.erase(0, subject.size());
    for (size_t at = model.problem.find(place); at != std::string::npos; at = model.problem.find(place, at))
      model.problem.erase(at, place.size());
  }

  int64_t size_of(const fs::path& directory) {
    int64_t total = 0;
    std::set<DeviceAndFile> counted;
    std::error_code error;
    if (fs::is_regular_file(directory, error)) return static_cast<int64_t>(fs::file_size(directory, error));
    for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
      if (++entries_ > limits_.max_entries) break;
      struct stat status {};
      if (::stat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      if (counted.insert({status.st_dev, status.st_ino}).second) total += status.st_size;
    }
    return total;
  }

  const ModelListLimits& limits_;
  ModelList list_;
  fs::path place_;
  std::set<DeviceAndFile> seen_;
  int64_t entries_ = 0;
};

}  // namespace

std::string_view name_of(ModelKind kind) {
  switch (kind) {
    case ModelKind::kFolder:
      return "folder";
    case ModelKind::kFile:
      return "file";
    case ModelKind::kCache:
      return "cache";
    case ModelKind::kPackage:
      return "package";
  }
  RIFT_FAIL(Code::kBug, "kind of model without a name");
}

std::vector<fs::path> model_places() {
  std::vector<fs::path> places;
  std::error_code ignored;
  for (const fs::path& place : {models_directory(), fs::path("models"), fs::path("runs"), hub::cache_directory()}) {
    if (fs::is_directory(place, ignored)) places.push_back(place);
  }
  return places;
}

ModelList list_models(const std::vector<fs::path>& places, const ModelListLimits& limits) {
  return ModelSearch(limits).search(places);
}

Json to_json(const ModelList& list) {
  Json models = Json::array();
  for (const ListedModel& model : list.models) {
    models.push_back(Json{{"name", model.name},
                          {"kind", name_of(model.kind)},
                          {"directory", model.directory},
                          {"commit", model.commit.empty() ? Json() : Json(model.commit)},
                          {"refs", model.refs},
                          {"architecture", model.architecture},
                          {"parameters", model.parameters},
                          {"size_bytes", model.size_bytes},
                          {"weights", model.weights},
                          {"tokenizer", model.tokenizer},
                          {"licence", model.licence},
                          {"runs", model.problem.empty() && !model.reads_images},
                          {"reads_images", model.reads_images},
                          {"problem", model.problem}});
  }
  return Json{{"places", list.places}, {"models", std::move(models)}, {"notes", list.notes}};
}

}  // namespace rift::package
