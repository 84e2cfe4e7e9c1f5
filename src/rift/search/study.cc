#include "rift/search/study.h"

#include <sys/vfs.h>

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/search/schema.h"
#include "rift/search/trial_table.h"

namespace rift::search {
namespace {

constexpr const char* kMetricNames = "study:metric_names";
constexpr const char* kNow = "strftime('%Y-%m-%d %H:%M:%f000', 'now')";  // UTC with microseconds, as Optuna writes it

bool is_on_network(const std::filesystem::path& folder) {
  struct statfs info {};
  return ::statfs(folder.c_str(), &info) == 0 && is_network_file_system(static_cast<uint32_t>(info.f_type));
}

SqliteDatabase open_storage(const std::filesystem::path& file) {
  const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
  RIFT_REQUIRE(std::filesystem::is_directory(folder), Code::kConfig,
               "{}: the folder of the study's database is not there", folder.string());
  const bool is_new = !std::filesystem::exists(file);
  SqliteDatabase database(file);
  if (is_on_network(folder)) {
    log_warning("the study lies on a network disk, whose locks SQLite cannot rely on: run one process on it",
                {{"file", file.string()}});
  } else if (is_new) {
    database.use_write_ahead_log();
  }
  require_schema(database);
  return database;
}

}  // namespace

std::filesystem::path storage_file(const std::string& storage) {
  constexpr std::string_view kScheme = "sqlite:///";
  if (storage.starts_with(kScheme)) {
    const std::string path = storage.substr(kScheme.size());
    RIFT_REQUIRE(!path.empty() && path.find('?') == std::string::npos, Code::kConfig,
                 "--storage: expected sqlite:///FILE, got '{}'", shorten(storage));
    return path;
  }
  RIFT_REQUIRE(storage.find("://") == std::string::npos, Code::kUnsupported,
               "--storage: studies are kept in SQLite (sqlite:///FILE), got '{}'", shorten(storage));
  return storage;
}

bool is_network_file_system(uint32_t type) {
  constexpr std::array<uint32_t, 11> kTypes = {0x6969,       // NFS
                                               0xFF534D42,   // CIFS
                                               0xFE534D42,   // SMB 2
                                               0x517B,       // SMB
                                               0x0BD00BD0,   // Lustre
                                               0x01021997,   // 9P
                                               0x65735546,   // FUSE: sshfs, s3fs, GlusterFS
                                               0x00C36400,   // Ceph
                                               0x47504653,   // GPFS
                                               0x19830326,   // BeeGFS
                                               0x5346414F};  // AFS
  return std::ranges::find(kTypes, type) != kTypes.end();
}

int64_t first_try(const Trial& trial) {
  const Json* first = trial.system_attribute(kFailedTrial);
  return first != nullptr && first->is_integer() ? first->as_int() : trial.number;
}

bool counts(const Trial& trial) {
  if (trial.state == TrialState::kWaiting) return false;
  return trial.state != TrialState::kFail || trial.user_attribute(kErrorOfItsOwn) != nullptr;
}

Study::Study(StudyOptions options) : options_(std::move(options)), database_(open_storage(options_.file)) {
  RIFT_CHECK(!options_.directions.empty());
  make_or_read();
}

void Study::make_or_read() {
  SqliteTransaction transaction(database_);
  SqliteStatement find = database_.prepare("SELECT study_id FROM studies WHERE study_name = ?");
  if (find.bind(std::string_view(options_.name)).step()) {
    id_ = find.integer(0);
    find.reset();
    check_directions();
    check_names();
    transaction.commit();
    return;
  }
  database_.prepare("INSERT INTO studies (study_name) VALUES (?)").bind(std::string_view(options_.name)).run();
  id_ = database_.last_row_id();
  SqliteStatement add =
      database_.prepare("INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, ?)");
  for (size_t i = 0; i < options_.directions.size(); ++i) {
    add.bind(name_of(options_.directions[i])).bind(id_).bind(static_cast<int64_t>(i)).run();
  }
  check_names();
  transaction.commit();
}

void Study::check_directions() {
  SqliteStatement read =
      database_.prepare("SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective");
  read.bind(id_);
  std::vector<Direction> found;
  while (read.step()) found.push_back(value_named<Direction>(read.text(0)).value_or(Direction::kNotSet));
  std::string text;
  for (const Direction direction : found) text += (text.empty() ? "" : ", ") + std::string(name_of(direction));
  RIFT_REQUIRE(found == options_.directions, Code::kConfig,
               "{}: the study '{}' has other objectives than search.metric ({}); give another --study",
               options_.file.string(), options_.name, text);
}

/// One and the same study cannot go by auc first and by ap then: their values stand side by side.
void Study::check_names() {
  if (options_.metric_names.empty()) return;
  const Json ours(options_.metric_names);
  SqliteStatement read =
      database_.prepare("SELECT value_json FROM study_system_attributes WHERE study_id = ? AND \"key\" = ?");
  if (!read.bind(id_).bind(std::string_view(kMetricNames)).step()) {
    read.reset();
    set_attribute("study_system_attributes", "study_id", id_, kMetricNames, ours);
    return;
  }
  const Json theirs = parse_json(read.text(0), options_.file.string() + ": " + kMetricNames);
  RIFT_REQUIRE(theirs == ours, Code::kConfig,
               "{}: the study '{}' goes by {}, search.metric asks for {}; give another --study", options_.file.string(),
               options_.name, to_json_text(theirs), to_json_text(ours));
}

void Study::require_compatible(const Space& space) {
  for (const Trial& trial : trials()) {
    for (const auto& [name, parameter] : trial.parameters) {
      const Dimension* dimension = space.find(name);
      RIFT_REQUIRE(
          dimension == nullptr || are_compatible(parameter.distribution, dimension->distribution), Code::kConfig,
          "search.space.{}: the study '{}' has values out of {}, which cannot stand beside {}: the ends of a range may "
          "change, its kind, scale and choices may not; give another --study",
          name, options_.name, to_optuna_json(parameter.distribution), to_optuna_json(dimension->distribution));
    }
  }
}

std::vector<Trial> Study::trials() { return read_trials(database_, id_, std::nullopt); }

Trial Study::trial(int64_t trial_id) {
  std::vector<Trial> found = read_trials(database_, id_, trial_id);
  RIFT_REQUIRE(found.size() == 1, Code::kArtefact, "{}: the study '{}' has no trial with id {}", options_.file.string(),
               options_.name, trial_id);
  return std::move(found.front());
}

int64_t Study::insert_trial(TrialState state) {
  const bool starts = state == TrialState::kRunning;
  database_
      .prepare(fmt::format("INSERT INTO trials (number, study_id, state, datetime_start) SELECT COUNT(*), ?, ?, {} "
                           "FROM trials WHERE study_id = ?",
                           starts ? kNow : "NULL"))
      .bind(id_)
      .bind(name_of(state))
      .bind(id_)
      .run();
  return database_.last_row_id();
}

std::optional<int64_t> Study::waiting_trial() {
  SqliteStatement find =
      database_.prepare("SELECT trial_id FROM trials WHERE study_id = ? AND state = 'WAITING' ORDER BY number LIMIT 1");
  if (!find.bind(id_).step()) return std::nullopt;
  return find.integer(0);
}

/// A transaction of its own: it stands whether or not a trial begins after it.
void Study::fail_orphans(const TrialPlan& plan) {
  SqliteTransaction transaction(database_);
  const std::vector<int64_t> silent = silent_trials(database_, id_, kGraceSeconds);
  for (const Trial& trial : trials()) {
    if (trial.state != TrialState::kRunning) continue;
    const Holder holder = plan.holder ? plan.holder(trial) : Holder::kUnknown;
    const bool is_silent = std::ranges::find(silent, trial.id) != silent.end();
    const bool is_gone =
        holder == Holder::kGone || (holder == Holder::kUnknown && is_silent && trial.user_attribute(kPlace) != nullptr);
    if (!is_gone) continue;
    log_warning("a trial's process is gone", {{"trial", trial.number}});
    fail_and_queue(trial, "killed", plan.most_retries);
  }
  transaction.commit();
}

/// A trial that waits, else a new one; RUNNING from now.
int64_t Study::next_trial() {
  const std::optional<int64_t> waiting = waiting_trial();
  if (!waiting) return insert_trial(TrialState::kRunning);
  database_.prepare(fmt::format("UPDATE trials SET state = 'RUNNING', datetime_start = {} WHERE trial_id = ?", kNow))
      .bind(*waiting)
      .run();
  return *waiting;
}

std::optional<Trial> Study::begin_trial(const TrialPlan& plan) {
  fail_orphans(plan);
  SqliteTransaction transaction(database_);
  const std::vector<Trial> all = trials();
  if (std::ranges::count_if(all, counts) >= plan.most_trials) {
    transaction.commit();
    return std::nullopt;
  }
  const int64_t id = next_trial();
  Trial begun = trial(id);
  try {
    const auto parameters = plan.suggest(all, begun);
    if (!parameters) return std::nullopt;  // as if it had not begun
    write_parameters(id, *parameters);
  } catch (const Error& error) {
    if (error.code() != Code::kData) throw;
    set_user_attribute(id, kWhyFailed, error.message());
    set_user_attribute(id, kErrorOfItsOwn, true);
    finish_in_transaction(id, TrialState::kFail);
    transaction.commit();
    log_warning("a trial cannot begin", {{"trial", begun.number}, {"why", error.message()}});
    return begin_trial(plan);
  }
  beat(database_, id);
  begun = trial(id);
  if (plan.claim) plan.claim(begun);
  transaction.commit();
  return begun;
}

void Study::write_parameters(int64_t trial_id, const std::map<std::string, Parameter>& parameters) {
  SqliteStatement add = database_.prepare(
      "INSERT OR REPLACE INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)");
  for (const auto& [name, parameter] : parameters) {
    add.bind(trial_id).bind(std::string_view(name)).bind(parameter.value);
    add.bind(std::string_view(to_optuna_json(parameter.distribution))).run();
  }
}

void Study::report(int64_t trial_id, int64_t step, double value) {
  const StoredValue stored = stored_value(value);
  SqliteStatement add = database_.prepare(
      "INSERT OR REPLACE INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
      "VALUES (?, ?, ?, ?)");
  add.bind(trial_id).bind(step);
  stored.value ? add.bind(*stored.value) : add.bind_null();
  add.bind(stored.type).run();
}

void Study::set_attribute(const char* table, const char* owner, int64_t id, const std::string& key, const Json& value) {
  database_.prepare(fmt::format("INSERT OR REPLACE INTO {} ({}, \"key\", value_json) VALUES (?, ?, ?)", table, owner))
      .bind(id)
      .bind(std::string_view(key))
      .bind(std::string_view(to_json_text(value)))
      .run();
}

void Study::set_user_attribute(int64_t trial_id, const std::string& key, const Json& value) {
  set_attribute("trial_user_attributes", "trial_id", trial_id, key, value);
}
void Study::set_system_attribute(int64_t trial_id, const std::string& key, const Json& value) {
  set_attribute("trial_system_attributes", "trial_id", trial_id, key, value);
}

Json Study::study_attribute_or(const std::string& key, const Json& value) {
  SqliteTransaction transaction(database_);
  SqliteStatement read =
      database_.prepare("SELECT value_json FROM study_user_attributes WHERE study_id = ? AND \"key\" = ?");
  if (read.bind(id_).bind(std::string_view(key)).step()) {
    return parse_json(read.text(0), options_.file.string() + ": study attribute " + key);
  }
  read.reset();
  set_attribute("study_user_attributes", "study_id", id_, key, value);
  transaction.commit();
  return value;
}

void Study::finish_in_transaction(int64_t trial_id, TrialState state) {
  database_.prepare(fmt::format("UPDATE trials SET state = ?, datetime_complete = {} WHERE trial_id = ?", kNow))
      .bind(name_of(state))
      .bind(trial_id)
      .run();
}

bool Study::finish(int64_t trial_id, TrialState state, const std::vector<double>& values, const std::string& why) {
  RIFT_CHECK(state != TrialState::kComplete || values.size() == options_.directions.size());
  RIFT_CHECK((state == TrialState::kFail) == !why.empty());
  SqliteTransaction transaction(database_);
  if (trial(trial_id).is_finished()) return false;
  SqliteStatement add = database_.prepare(
      "INSERT OR REPLACE INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)");
  for (size_t i = 0; i < values.size(); ++i) {
    const StoredValue stored = stored_value(values[i]);
    add.bind(trial_id).bind(static_cast<int64_t>(i));
    stored.value ? add.bind(*stored.value) : add.bind_null();
    add.bind(stored.type).run();
  }
  if (!why.empty()) {
    set_user_attribute(trial_id, kWhyFailed, why);
    set_user_attribute(trial_id, kErrorOfItsOwn, true);
  }
  finish_in_transaction(trial_id, state);
  transaction.commit();
  return true;
}

void Study::fail_and_queue(const Trial& trial, const std::string& why, int64_t most_retries) {
  set_user_attribute(trial.id, kWhyFailed, why);
  finish_in_transaction(trial.id, TrialState::kFail);
  Json history = Json::array();
  if (const Json* before = trial.system_attribute(kRetryHistory); before != nullptr && before->is_array()) {
    history = *before;
  }
  const std::vector<Trial> all = trials();
  // Those that somebody stopped say nothing against it.
  const auto broke = std::ranges::count_if(history.as_array(), [&](const Json& number) {
    const auto before = std::ranges::find(all, number.as_int(), &Trial::number);
    const Json* reason = before == all.end() ? nullptr : before->user_attribute(kWhyFailed);
    return reason == nullptr || *reason != Json(kInterrupted);
  });
  if (broke >= most_retries) {
    set_user_attribute(trial.id, kErrorOfItsOwn, true);  // it ends its process each time
    return;
  }
  history.push_back(trial.number);
  Json fixed = Json::object();
  for (const auto& [name, parameter] : trial.parameters) fixed[name] = parameter.external();
  const int64_t again = insert_trial(TrialState::kWaiting);
  set_system_attribute(again, kFixedParameters, fixed);
  set_system_attribute(again, kFailedTrial, history.at(size_t{0}));
  set_system_attribute(again, kRetryHistory, history);
}

void Study::give_back(const Trial& trial, const std::string& why, int64_t most_retries) {
  SqliteTransaction transaction(database_);
  if (this->trial(trial.id).is_finished()) return;
  fail_and_queue(trial, why, most_retries);
  transaction.commit();
}

}  // namespace rift::search
