// SQLite with owners for its handles and errors as exceptions. The one place that calls it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace mainstream {

// A prepared statement. Parameters are numbered from 1, columns from 0. Its database outlives it.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql, std::string place);

  // Values stay bound over reset. Texts are copied.
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);

  // True while there is a row. At the end the statement is ready to run again.
  bool step();
  // Runs it to its end, for its effect.
  void run();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string place_;
};

// A connection; one thread. All members throw: untrusted for a file that is damaged or no database, storage
// for all else. Messages begin with the path.
class Database {
 public:
  enum class Access { write, read };  // read: the file must be there
  Database(const std::filesystem::path& path, Access access);

  void execute(const std::string& sql);  // one or more statements without parameters
  [[nodiscard]] Statement prepare(std::string_view sql);
  [[nodiscard]] std::int64_t number(std::string_view sql);  // the only value of the only row
  [[nodiscard]] std::int64_t last_id() const;               // of the row inserted last

 private:
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
  std::string place_;
};

// What is written within is written as a whole at commit(), or not at all.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
};

}  // namespace mainstream
