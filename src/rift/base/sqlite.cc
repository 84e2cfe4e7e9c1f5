#include "rift/base/sqlite.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include "rift/base/error.h"

namespace rift {
namespace {

constexpr int kWaitMs = 60'000;
constexpr std::chrono::milliseconds kBetweenTries{5};
constexpr int kPrimaryCode = 0xFF;  // of an extended result code

template <class Deleter>
sqlite3* handle(const std::unique_ptr<void, Deleter>& pointer) {
  return static_cast<sqlite3*>(pointer.get());
}
template <class Deleter>
sqlite3_stmt* statement(const std::unique_ptr<void, Deleter>& pointer) {
  return static_cast<sqlite3_stmt*>(pointer.get());
}

}  // namespace

void SqliteDatabase::Close::operator()(void* connection) const { sqlite3_close_v2(static_cast<sqlite3*>(connection)); }

void SqliteStatement::Finalize::operator()(void* statement) const {
  sqlite3_finalize(static_cast<sqlite3_stmt*>(statement));
}

SqliteDatabase::SqliteDatabase(std::filesystem::path file) : file_(std::move(file)) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(file_.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  connection_.reset(opened);
  if (status != SQLITE_OK) fail(status, "opening");
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, kWaitMs);
}

void SqliteDatabase::fail(int status, std::string_view what) const {
  const char* reason = connection_ ? sqlite3_errmsg(handle(connection_)) : sqlite3_errstr(status);
  const int kind = status & kPrimaryCode;
  const bool foreign = kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT;
  const bool waited = kind == SQLITE_BUSY || kind == SQLITE_LOCKED;
  RIFT_FAIL(foreign ? Code::kArtefact : Code::kEnvironment, "{}: {}: {}{}", file_.string(), what, reason,
            foreign  ? "; expected an SQLite database"
            : waited ? "; another process has held it for a minute"
                     : "");
}

void SqliteDatabase::execute(const std::string& sql) {
  const int status = sqlite3_exec(handle(connection_), sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) fail(status, shorten(sql));
}

void SqliteDatabase::use_write_ahead_log() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(kWaitMs);
  while (true) {
    const int status =
        sqlite3_exec(handle(connection_), "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr) & kPrimaryCode;
    if (status == SQLITE_OK) return;
    if (status != SQLITE_BUSY || std::chrono::steady_clock::now() > give_up) fail(status, "its write-ahead log");
    std::this_thread::sleep_for(kBetweenTries);
  }
}

SqliteStatement SqliteDatabase::prepare(std::string_view sql) {
  SqliteStatement prepared(*this);
  sqlite3_stmt* compiled = nullptr;
  const int status =
      sqlite3_prepare_v2(handle(connection_), sql.data(), static_cast<int>(sql.size()), &compiled, nullptr);
  prepared.statement_.reset(compiled);
  if (status != SQLITE_OK) fail(status, shorten(sql));
  return prepared;
}

int64_t SqliteDatabase::last_row_id() const { return sqlite3_last_insert_rowid(handle(connection_)); }

SqliteStatement& SqliteStatement::bind(int64_t value) {
  RIFT_CHECK(sqlite3_bind_int64(statement(statement_), ++bound_, value) == SQLITE_OK);
  return *this;
}

SqliteStatement& SqliteStatement::bind(double value) {
  RIFT_CHECK(sqlite3_bind_double(statement(statement_), ++bound_, value) == SQLITE_OK);
  return *this;
}

SqliteStatement& SqliteStatement::bind(std::string_view text) {
  RIFT_CHECK(sqlite3_bind_text(statement(statement_), ++bound_, text.data(), static_cast<int>(text.size()),
                               SQLITE_TRANSIENT) == SQLITE_OK);
  return *this;
}

SqliteStatement& SqliteStatement::bind_null() {
  RIFT_CHECK(sqlite3_bind_null(statement(statement_), ++bound_) == SQLITE_OK);
  return *this;
}

bool SqliteStatement::step() {
  const int status = sqlite3_step(statement(statement_));
  if (status != SQLITE_ROW && status != SQLITE_DONE) {
    const std::string sql = sqlite3_sql(statement(statement_));
    sqlite3_reset(statement(statement_));
    database_->fail(status, shorten(sql));
  }
  return status == SQLITE_ROW;
}

void SqliteStatement::run() {
  step();
  reset();
}

void SqliteStatement::reset() {
  sqlite3_reset(statement(statement_));
  sqlite3_clear_bindings(statement(statement_));
  bound_ = 0;
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement(statement_), column) == SQLITE_NULL;
}
int64_t SqliteStatement::integer(int column) const { return sqlite3_column_int64(statement(statement_), column); }
double SqliteStatement::number(int column) const { return sqlite3_column_double(statement(statement_), column); }
std::string SqliteStatement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement(statement_), column));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement(statement_), column)));
}

SqliteTransaction::SqliteTransaction(SqliteDatabase& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

SqliteTransaction::~SqliteTransaction() {
  if (open_) sqlite3_exec(handle(database_.connection_), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteTransaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace rift
