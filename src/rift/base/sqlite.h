#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rift {

class SqliteStatement;

/// One connection to an SQLite database in a file, of one thread. Writers of several processes wait for each other for
/// up to a minute. Every failure is an Error naming the file and SQLite's reason: kArtefact for a file that is no
/// database, kEnvironment for the rest (full disk, permission, a lock that did not come).
class SqliteDatabase {
 public:
  /// Opens `file`, which is made where it is not there.
  explicit SqliteDatabase(std::filesystem::path file);
  SqliteDatabase(SqliteDatabase&&) noexcept = default;
  SqliteDatabase& operator=(SqliteDatabase&&) noexcept = default;

  const std::filesystem::path& file() const { return file_; }
  /// Statements without parameters or results, separated by semicolons.
  void execute(const std::string& sql);
  /// From now on readers never wait for a writer; the file keeps it. Where processes ask for it at once SQLite refuses
  /// some instead of letting them wait: it is asked again.
  void use_write_ahead_log();
  /// Compiles one statement with ? parameters, which are bound in order.
  SqliteStatement prepare(std::string_view sql);
  int64_t last_row_id() const;

 private:
  friend class SqliteStatement;
  friend class SqliteTransaction;
  [[noreturn]] void fail(int status, std::string_view what) const;
  struct Close {
    void operator()(void* connection) const;
  };
  std::filesystem::path file_;
  std::unique_ptr<void, Close> connection_;
};

/// A compiled statement:  auto s = db.prepare("SELECT a FROM t WHERE b = ?"); s.bind(3); while (s.step()) s.integer(0);
class SqliteStatement {
 public:
  SqliteStatement& bind(int64_t value);
  SqliteStatement& bind(double value);
  SqliteStatement& bind(std::string_view text);
  SqliteStatement& bind_null();
  /// True while there is a row.
  bool step();
  /// For statements without rows: binds are done, run it and make it ready for others.
  void run();
  void reset();  // ready for other parameters

  bool is_null(int column) const;
  int64_t integer(int column) const;
  double number(int column) const;
  std::string text(int column) const;

 private:
  friend class SqliteDatabase;
  explicit SqliteStatement(SqliteDatabase& database) : database_(&database) {}
  struct Finalize {
    void operator()(void* statement) const;
  };
  SqliteDatabase* database_;
  std::unique_ptr<void, Finalize> statement_;
  int bound_ = 0;
};

/// A transaction that other writers wait for from its first moment (BEGIN IMMEDIATE); undone without commit().
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteDatabase& database);
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  ~SqliteTransaction();
  void commit();

 private:
  SqliteDatabase& database_;
  bool open_ = true;
};

}  // namespace rift
