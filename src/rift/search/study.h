#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/sqlite.h"
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

/// What begin_trial() has to know.
struct TrialPlan {
  int64_t most_trials = 0;  // no further trial once this many count (see begin_trial)
  int64_t most_retries = 2;
  /// Whether a trial that seems to run has lost its process, beside what its heartbeat says.
  std::function<bool(const Trial&)> is_orphan;
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
/// shared memory does not reach over a network: on a network disk the older journal is used, and the log warns.
class Study {
 public:
  /// Opens the study or makes it. Throws kConfig when one of that name has other objectives.
  explicit Study(StudyOptions options);

  int64_t id() const { return id_; }
  const std::string& name() const { return options_.name; }
  const std::vector<Direction>& directions() const { return options_.directions; }
  const std::filesystem::path& file() const { return options_.file; }

  std::vector<Trial> trials();  // by number
  Trial trial(int64_t trial_id);

  /// In one transaction: trials whose process is gone become FAIL and, unless they were tried `most_retries` times,
  /// wait to be taken up again; then a waiting trial (Optuna's enqueue_trial() too) or a new one becomes RUNNING with
  /// its values. nullopt when `most_trials` count (counts()) or nothing is left to try.
  std::optional<Trial> begin_trial(const TrialPlan& plan);

  void report(int64_t trial_id, int64_t step, double value);
  void set_user_attribute(int64_t trial_id, const std::string& key, const Json& value);
  void set_system_attribute(int64_t trial_id, const std::string& key, const Json& value);
  void set_study_attribute(const std::string& key, const Json& value);  // of users
  std::optional<Json> study_attribute(const std::string& key);

  /// `state`: COMPLETE with one value an objective, PRUNED with its last one as Optuna has it, or FAIL. False when the
  /// trial has been finished by another process meanwhile, which thought that this one was gone.
  bool finish(int64_t trial_id, TrialState state, const std::vector<double>& values = {});
  /// FAIL with the reason, and an entry that waits to be taken up with the same values.
  void interrupt(const Trial& trial, int64_t most_retries);

 private:
  void make_or_read();
  void check_directions();
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

/// Attributes of trials. The first three are Optuna's own names: what it, and rift, take an entry's values from, and
/// how a retried trial tells where it comes from.
inline constexpr const char* kFixedParameters = "fixed_params";
inline constexpr const char* kFailedTrial = "failed_trial";
inline constexpr const char* kRetryHistory = "retry_history";
inline constexpr const char* kWhyFailed = "why_failed";    // of users: "killed", "interrupted", or an error's text
inline constexpr const char* kErrorOfItsOwn = "is_error";  // of users: true for an error's text

/// Whether a trial counts towards the number that was asked for: COMPLETE, PRUNED, RUNNING, or failed by an error of
/// its own. One that was killed or interrupted does not: the entry that takes its place does.
bool counts(const Trial& trial);

}  // namespace rift::search
