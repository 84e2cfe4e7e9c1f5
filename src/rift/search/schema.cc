#include "rift/search/schema.h"

#include "rift/base/error.h"

namespace rift::search {
namespace {

constexpr int64_t kVersion = 12;
constexpr const char* kRevision = "v3.2.0.a";
constexpr const char* kWrittenBy = "5.0.0";  // the Optuna whose tables these are

// Names, types and constraints are Optuna's: its migrations look for them.
constexpr const char* kTables = R"(
CREATE TABLE studies (
  study_id INTEGER NOT NULL, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id));
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE TABLE version_info (
  version_info_id INTEGER NOT NULL, schema_version INTEGER, library_version VARCHAR(256),
  PRIMARY KEY (version_info_id), CHECK (version_info_id=1));
CREATE TABLE study_directions (
  study_direction_id INTEGER NOT NULL, direction VARCHAR(8) NOT NULL, study_id INTEGER NOT NULL,
  objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), UNIQUE (study_id, objective),
  FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE TABLE study_user_attributes (
  study_user_attribute_id INTEGER NOT NULL, study_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (study_user_attribute_id), UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE TABLE study_system_attributes (
  study_system_attribute_id INTEGER NOT NULL, study_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (study_system_attribute_id), UNIQUE (study_id, "key"),
  FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE TABLE trials (
  trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER, state VARCHAR(8) NOT NULL, datetime_start DATETIME,
  datetime_complete DATETIME, PRIMARY KEY (trial_id), FOREIGN KEY(study_id) REFERENCES studies (study_id));
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TABLE trial_user_attributes (
  trial_user_attribute_id INTEGER NOT NULL, trial_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (trial_user_attribute_id), UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_system_attributes (
  trial_system_attribute_id INTEGER NOT NULL, trial_id INTEGER, "key" VARCHAR(512), value_json TEXT,
  PRIMARY KEY (trial_system_attribute_id), UNIQUE (trial_id, "key"),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_params (
  param_id INTEGER NOT NULL, trial_id INTEGER, param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT,
  PRIMARY KEY (param_id), UNIQUE (trial_id, param_name), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_values (
  trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL, objective INTEGER NOT NULL, value FLOAT,
  value_type VARCHAR(7) NOT NULL, PRIMARY KEY (trial_value_id), UNIQUE (trial_id, objective),
  FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_intermediate_values (
  trial_intermediate_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL, step INTEGER NOT NULL,
  intermediate_value FLOAT, intermediate_value_type VARCHAR(7) NOT NULL, PRIMARY KEY (trial_intermediate_value_id),
  UNIQUE (trial_id, step), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE trial_heartbeats (
  trial_heartbeat_id INTEGER NOT NULL, trial_id INTEGER NOT NULL, heartbeat DATETIME NOT NULL,
  PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
)";

int64_t tables(SqliteDatabase& database, const std::string& condition) {
  SqliteStatement count = database.prepare("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND " + condition);
  count.step();
  return count.integer(0);
}

void create(SqliteDatabase& database) {
  database.execute(kTables);
  database.prepare("INSERT INTO version_info VALUES (1, ?, ?)").bind(kVersion).bind(std::string_view(kWrittenBy)).run();
  database.prepare("INSERT INTO alembic_version VALUES (?)").bind(std::string_view(kRevision)).run();
}

void check_revision(SqliteDatabase& database) {
  RIFT_REQUIRE(tables(database, "name = 'alembic_version'") == 1, Code::kUnsupported,
               "{}: tables of an Optuna before version 3.2; run 'optuna storage upgrade --storage sqlite:///{}' first",
               database.file().string(), database.file().string());
  SqliteStatement revision = database.prepare("SELECT version_num FROM alembic_version");
  const std::string found = revision.step() ? revision.text(0) : "";
  RIFT_REQUIRE(found == kRevision, Code::kUnsupported,
               "{}: tables of Optuna's revision '{}'; rift reads and writes {} (Optuna 3.2 to 5.0)",
               database.file().string(), shorten(found), kRevision);
}

}  // namespace

void require_schema(SqliteDatabase& database) {
  SqliteTransaction transaction(database);  // of several processes that begin at once, one makes the tables
  if (tables(database, "name = 'studies'") == 1) {
    check_revision(database);
  } else {
    RIFT_REQUIRE(tables(database, "name NOT LIKE 'sqlite_%'") == 0, Code::kArtefact,
                 "{}: a database of something else, without a table 'studies'; name a file of its own",
                 database.file().string());
    create(database);
  }
  transaction.commit();
}

}  // namespace rift::search
