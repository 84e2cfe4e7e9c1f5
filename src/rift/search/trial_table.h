#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/base/sqlite.h"
#include "rift/search/trial.h"

/// Trials as rows of Optuna's tables.
namespace rift::search {

/// Trials of a study by number, or the one with that id. Throws kArtefact for rows that contradict themselves.
std::vector<Trial> read_trials(SqliteDatabase& database, int64_t study_id, std::optional<int64_t> trial_id);

/// Running trials whose last heartbeat is more than `grace_s` seconds ago; those that never had one (Optuna's, where
/// heartbeats are off) are left alone.
std::vector<int64_t> silent_trials(SqliteDatabase& database, int64_t study_id, int64_t grace_s);

/// Seconds between heartbeats of a running trial, and after how many without one it counts as killed.
inline constexpr int64_t kBeatSeconds = 10;
inline constexpr int64_t kGraceSeconds = 60;
void beat(SqliteDatabase& database, int64_t trial_id);

/// Infinite values stand in a column of their own.
struct StoredValue {
  std::optional<double> value;
  std::string_view type;  // FINITE, INF_POS, INF_NEG or NAN
};
StoredValue stored_value(double value);

}  // namespace rift::search
