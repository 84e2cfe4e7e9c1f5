#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "rift/base/directory_lock.h"
#include "rift/base/json.h"
#include "rift/study/compare.h"

/// A run's directory that is taken already: what may take its place.
namespace rift::study {

inline constexpr const char* kCompareFile = "compare.json";
inline constexpr const char* kMetricsFile = "metrics.json";
inline constexpr const char* kCurveFile = "curve.json";
inline constexpr const char* kSearchFile = "search.json";  // beside the metrics.json of its winner

inline constexpr const char* kUnfinishedFolder = "unfinished";  // of work that --resume takes up

/// Called before any work, by every run: makes `spec.directory` and keeps other runs out of it until the result is
/// gone. Throws kEnvironment when another run holds it or it cannot be written to; kConfig when a finished run lies
/// there that was not given up with `overwrite`; `own_file`, kCompareFile, kMetricsFile or kCurveFile: `resume` may
/// look at a result of this kind.
[[nodiscard]] DirectoryLock take_place(const StudySpec& spec, const char* own_file);

/// What `work` gives, a whole run in `directory`. Where it throws before it came to anything that is worth keeping,
/// which is all but run.yaml and a tokenizer, a directory that was not there, or empty, is so again.
Json without_trace(const std::filesystem::path& directory, const std::function<Json()>& work);

/// The part of take_place() about finished runs, for work that comes to its place late.
void require_free_place(const StudySpec& spec, const char* own_file);

/// What a run is made from beside the program and the machine.
struct RunOrigin {
  Json options;
  const Json& inputs;               // as inputs_json() gives them
  const std::string& split_digest;  // "" without a split
  const std::string& device;
  const std::filesystem::path& init_from;  // empty = none
};

/// What the result follows from: {"options", "files", "split", "device", "init_from", "environment", "program"}, with
/// digests of files, program and start. Stands in manifest.json as "made_from".
Json made_from(const RunOrigin& origin);
Json made_from(const StudySpec& spec, const Json& inputs, const std::string& split_digest);

/// Of these what a checkpoint of the run's fine-tuning keeps beside what train/run_origin.h knows of itself: records
/// and other files but the pretrained model's, split, program.
Json made_from_of_checkpoints(const Json& made_from);

/// Work that --resume takes up.
struct UnfinishedSpec {
  std::filesystem::path directory;  // of the run
  bool resume = false;              // else what lies there is removed
  bool overwrite = false;           // what was begun from something else is removed too, rather than refused
  Json made_from;  // as made_from() gives it, without what may change on the way: which models, how many seeds
};

/// <directory>/unfinished, with made_from kept in it. Throws kConfig, naming what differs, where the work that lies
/// there was begun from something else; files count where both have them, since models bring theirs.
std::filesystem::path claim_unfinished(const UnfinishedSpec& spec);

/// The result of the finished run in `spec.directory` when `resume` would make the very same one; nullopt when there is
/// none, when `resume` is to go on with it for optim.more_epochs, or `overwrite` gave up another one. Throws kConfig,
/// naming what differs, when it was made from something else.
std::optional<Json> finished_result(const StudySpec& spec, const char* own_file, const Json& made_from);

}  // namespace rift::study
