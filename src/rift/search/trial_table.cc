#include "rift/search/trial_table.h"

#include <cmath>
#include <limits>
#include <unordered_map>

#include "rift/base/error.h"

namespace rift::search {
namespace {

double read_value(const SqliteStatement& row, int value, int type) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string kind = row.text(type);
  if (kind == "INF_POS") return kInfinity;
  if (kind == "INF_NEG") return -kInfinity;
  if (kind == "NAN" || row.is_null(value)) return std::numeric_limits<double>::quiet_NaN();
  return row.number(value);
}

/// An attribute of somebody else's; what is no strict JSON (Python writes NaN and Infinity) is kept as a text.
Json attribute(const std::string& text) {
  try {
    return parse_json(text, "an attribute");
  } catch (const Error&) {
    return Json(text);
  }
}

/// Reads the tables of a study's trials, one after the other.
class TrialReader {
 public:
  TrialReader(SqliteDatabase& database, int64_t study_id, std::optional<int64_t> trial_id)
      : database_(database),
        chosen_(trial_id ? fmt::format("trial_id = {}", *trial_id)
                         : fmt::format("trial_id IN (SELECT trial_id FROM trials WHERE study_id = {})", study_id)),
        study_id_(study_id) {}

  std::vector<Trial> read() {
    read_rows();
    read_parameters();
    each("SELECT trial_id, value, value_type FROM trial_values WHERE {} ORDER BY trial_id, objective",
         [](Trial& trial, const SqliteStatement& row) { trial.values.push_back(read_value(row, 1, 2)); });
    each("SELECT trial_id, step, intermediate_value, intermediate_value_type FROM trial_intermediate_values WHERE {}",
         [](Trial& trial, const SqliteStatement& row) { trial.intermediate[row.integer(1)] = read_value(row, 2, 3); });
    each("SELECT trial_id, \"key\", value_json FROM trial_user_attributes WHERE {}",
         [](Trial& trial, const SqliteStatement& row) { trial.user_attributes[row.text(1)] = attribute(row.text(2)); });
    each("SELECT trial_id, \"key\", value_json FROM trial_system_attributes WHERE {}",
         [](Trial& trial, const SqliteStatement& row) {
           trial.system_attributes[row.text(1)] = attribute(row.text(2));
         });
    return std::move(trials_);
  }

 private:
  void read_rows() {
    SqliteStatement row = database_.prepare(fmt::format(
        "SELECT trial_id, number, state FROM trials WHERE {} AND study_id = {} ORDER BY number", chosen_, study_id_));
    while (row.step()) {
      const auto state = value_named<TrialState>(row.text(2));
      RIFT_REQUIRE(state, Code::kArtefact, "{}: trial {} has the state '{}', which Optuna does not know",
                   database_.file().string(), row.integer(1), shorten(row.text(2)));
      place_[row.integer(0)] = trials_.size();
      trials_.push_back({.id = row.integer(0), .number = row.integer(1), .state = *state});
    }
  }

  void read_parameters() {
    const std::string place = database_.file().string();
    each("SELECT trial_id, param_name, param_value, distribution_json FROM trial_params WHERE {}",
         [&](Trial& trial, const SqliteStatement& row) {
           const std::string name = row.text(1);
           Parameter parameter{row.number(2),
                               parse_optuna_json(row.text(3), fmt::format("{}: parameter {}", place, name))};
           const bool categorical = parameter.distribution.is_categorical();
           RIFT_REQUIRE(!categorical || parameter.distribution.contains(parameter.value), Code::kArtefact,
                        "{}: trial {} has a value of {} that is none of its choices", place, trial.number, name);
           trial.parameters.insert_or_assign(name, std::move(parameter));
         });
  }

  template <class Take>
  void each(fmt::format_string<std::string&> sql, const Take& take) {
    SqliteStatement row = database_.prepare(fmt::format(sql, chosen_));
    while (row.step()) {
      const auto found = place_.find(row.integer(0));
      if (found != place_.end()) take(trials_[found->second], row);
    }
  }

  SqliteDatabase& database_;
  std::string chosen_;
  int64_t study_id_;
  std::vector<Trial> trials_;
  std::unordered_map<int64_t, size_t> place_;
};

}  // namespace

std::vector<Trial> read_trials(SqliteDatabase& database, int64_t study_id, std::optional<int64_t> trial_id) {
  return TrialReader(database, study_id, trial_id).read();
}

std::vector<int64_t> silent_trials(SqliteDatabase& database, int64_t study_id, int64_t grace_s) {
  SqliteStatement row = database.prepare(
      "SELECT t.trial_id FROM trials t JOIN trial_heartbeats h ON h.trial_id = t.trial_id WHERE t.study_id = ? AND "
      "t.state = 'RUNNING' AND unixepoch('now') - unixepoch(h.heartbeat) > ?");
  row.bind(study_id).bind(grace_s);
  std::vector<int64_t> found;
  while (row.step()) found.push_back(row.integer(0));
  return found;
}

void beat(SqliteDatabase& database, int64_t trial_id) {
  database
      .prepare(
          "INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (?, CURRENT_TIMESTAMP) "
          "ON CONFLICT (trial_id) DO UPDATE SET heartbeat = CURRENT_TIMESTAMP")
      .bind(trial_id)
      .run();
}

StoredValue stored_value(double value) {
  if (std::isnan(value)) return {std::nullopt, "NAN"};
  if (std::isinf(value)) return {std::nullopt, value > 0 ? "INF_POS" : "INF_NEG"};
  return {value, "FINITE"};
}

}  // namespace rift::search
