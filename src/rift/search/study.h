#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/sqlite.h"
#include "rift/search/space.h"
#include "rift/search/trial.h"

namespace rift::search {

/// sqlite:///study.db -> study.db, sqlite:////data/study.db -> /data/study.db; a plain path is itself. Throws
/// kUnsupported for other databases.
std::filesystem::path storage_file(const std::string& storage);

struct StudyOptions {
  std::filesystem::path file;
  std::string name;
  std::vector<Direction> directions;      // one an objective
  std::vector<std::string> metric_names;  // shown by Optuna's tools; may be empty
};

/// What is known of the process that a running trial belongs to.
enum class Holder {
  kThere,    // it holds the trial's directory, whatever the heartbeats say
  kGone,     // on this machine nobody holds it
  kUnknown,  // on another machine, or none of rift's
};

/// What begin_trial() has to know.
struct TrialPlan {
  int64_t most_trials = 0;  // no further trial once this many count (see begin_trial)
  int64_t most_retries = 2;
  /// Of a trial that seems to run; empty = nothing is known of any. Where nothing is known a trial of rift's
  /// (kPlace) whose heartbeat has stopped counts as killed; others are their owner's to judge.
  std::function<Holder(const Trial&)> holder;
  /// The values of a trial, out of all trials of the study before it; nullopt when there are none left to try. A
  /// kData that it throws is the trial's own: it fails. Called while other writers wait.
  std::function<std::optional<std::map<std::string, Parameter>>(const std::vector<Trial>&, const Trial&)> suggest;
  /// What the trial's process needs before others see the trial, such as a lock of its directory.
  std::function<void(const Trial&)> claim;
};

/// A study in Optuna's tables (schema.h), shared with other processes of rift and Optuna, which may read and write it
/// at any time. One object belongs to one thread. Throws as SqliteDatabase, and kArtefact for tables that contradict
/// themselves.
///
/// A new database on a local disk is put into SQLite's write-ahead log, in which readers never wait for a writer. Its
/// shared memory does not reach over a network: on a network disk the older journal is used. The log warns whenever a
/// study there is opened.
class Study {
 public:
  /// Opens the study or makes it. Throws kConfig when one of that name has other objectives: other directions, or other
  /// names where it has names; it gets those of the options where it has none.
  explicit Study(StudyOptions options);

  int64_t id() const { return id_; }
  const std::string& name() const { return options_.name; }
  const std::vector<Direction>& directions() const { return options_.directions; }
  const std::filesystem::path& file() const { return options_.file; }

  std::vector<Trial> trials();  // by number
  Trial trial(int64_t trial_id);

  /// Throws kConfig, naming the parameter and both ranges, where trials have values of a parameter of `space` that may
  /// not stand beside its own (are_compatible()).
  void require_compatible(const Space& space);

  /// Trials whose process is gone become FAIL and, unless they were tried `most_retries` times, wait to be taken up
  /// again. Then, in one transaction, a waiting trial (Optuna's enqueue_trial() too) or a new one becomes RUNNING with
  /// its values. nullopt when `most_trials` count (counts()) or nothing is left to try.
  std::optional<Trial> begin_trial(const TrialPlan& plan);

  void report(int64_t trial_id, int64_t step, double value);
  void set_user_attribute(int64_t trial_id, const std::string& key, const Json& value);
  void set_system_attribute(int64_t trial_id, const std::string& key, const Json& value);
  /// A user's attribute of the study as it stands; `value` from now on where it had none.
  Json study_attribute_or(const std::string& key, const Json& value);

  /// `state`: COMPLETE with one value an objective, PRUNED with its last one as Optuna has it, or FAIL by an error of
  /// the trial's own, whose text is `why`. All of it in one transaction. False when the trial has been finished by
  /// another process meanwhile, which thought that this one was gone.
  bool finish(int64_t trial_id, TrialState state, const std::vector<double>& values = {}, const std::string& why = {});
  /// FAIL with the reason, and an entry that waits to be taken up with the same values, unless there were
  /// `most_retries` of them (those after kInterrupted aside): then the reason counts as an error of its own.
  void give_back(const Trial& trial, const std::string& why, int64_t most_retries);

 private:
  void make_or_read();
  void check_directions();
  void check_names();
  void fail_orphans(const TrialPlan& plan);
  int64_t next_trial();
  void finish_in_transaction(int64_t trial_id, TrialState state);
  void fail_and_queue(const Trial& trial, const std::string& why, int64_t most_retries);
  int64_t insert_trial(TrialState state);
  std::optional<int64_t> waiting_trial();
  void write_parameters(int64_t trial_id, const std::map<std::string, Parameter>& parameters);
  void set_attribute(const char* table, const char* owner, int64_t id, const std::string& key, const Json& value);

  StudyOptions options_;
  SqliteDatabase database_;
  int64_t id_ = 0;
};

/// The reason of a trial that somebody stopped: nothing is wrong with it, so it may be taken up kAnyRetries times.
inline constexpr const char* kInterrupted = "interrupted";
inline constexpr int64_t kAnyRetries = 1'000'000;

/// Attributes of trials. The first three are Optuna's own names: what it, and rift, take an entry's values from, and
/// how a retried trial tells where it comes from.
inline constexpr const char* kFixedParameters = "fixed_params";
inline constexpr const char* kFailedTrial = "failed_trial";
inline constexpr const char* kRetryHistory = "retry_history";
inline constexpr const char* kWhyFailed = "why_failed";    // of users: "killed", "interrupted", or an error's text
inline constexpr const char* kErrorOfItsOwn = "is_error";  // of users: true for an error's text
inline constexpr const char* kPlace = "place";  // of users: the machine and directory that rift tries it on and in

/// Whether statfs(2) names a file system that other machines write to as well, or one of user space, which may be such.
bool is_network_file_system(uint32_t type);

/// The number of the trial that this one is another try of: its own where it is the first.
int64_t first_try(const Trial& trial);

/// Whether a trial counts towards the number that was asked for: COMPLETE, PRUNED, RUNNING, or failed by an error of
/// its own. One that was killed or interrupted does not: the entry that takes its place does.
bool counts(const Trial& trial);

}  // namespace rift::search
