#include "store/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr int kBusyMs = 5000;  // how long a connection waits for another one's write
// SQLite keeps pages of 4 kB that it has read, by default 2 MB. Each client of live events and each sink has
// a connection of its own; what they read is new, so it is in the system's cache.
constexpr const char* kReadersCache = "PRAGMA cache_size = -256";  // kB

std::string explain(int code, const std::string& message) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return "the disk is full";
    case SQLITE_READONLY:
      return "the file or its folder is read-only";
    case SQLITE_CORRUPT:
      return "the database is damaged; move it away to begin with an empty one";
    case SQLITE_NOTADB:
      return "the file is not a database; move it away to begin with an empty one";
    default:
      return message;
  }
}

[[noreturn]] void fail(int code, const std::string& place, const std::string& message) {
  const int primary = code & 0xFF;
  const bool damaged = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
  throw Error(damaged ? ErrorKind::untrusted : ErrorKind::storage,
              fmt::format("{}: {}", place, explain(code, message)));
}

void check(int code, sqlite3* database, const std::string& place) {
  if (code != SQLITE_OK) fail(sqlite3_extended_errcode(database), place, sqlite3_errmsg(database));
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql, std::string place) : place_(std::move(place)) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  check(code, database, place_);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, value), sqlite3_db_handle(statement_.get()), place_);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* bytes = text.empty() ? "" : text.data();
  check(sqlite3_bind_text64(statement_.get(), parameter, bytes, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
        sqlite3_db_handle(statement_.get()), place_);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* database = sqlite3_db_handle(statement_.get());
  const std::string message = code == SQLITE_DONE ? "" : sqlite3_errmsg(database);
  sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) fail(code, place_, message);
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Database::Database(const std::filesystem::path& path, Access access) : place_(path.string()) {
  sqlite3* database = nullptr;
  // A reader needs the right to write, too: it shares the write-ahead log's index.
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (access == Access::write ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK && access == Access::read) {
    throw Error(ErrorKind::unreadable, fmt::format("{}: cannot open: {}", place_, sqlite3_errstr(code)));
  }
  check(code, database, place_);
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kBusyMs);
  if (access == Access::write) return;
  execute("PRAGMA query_only = ON");
  execute(kReadersCache);
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

void Database::execute(const std::string& sql) {
  check(sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr), database_.get(), place_);
}

Statement Database::prepare(std::string_view sql) {
  return {database_.get(), sql, place_};
}

std::int64_t Database::number(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // SQLite itself has rolled back already after some errors.
  if (sqlite3_get_autocommit(database_.database_.get()) == 0) {
    sqlite3_exec(database_.database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
}

}  // namespace mainstream
