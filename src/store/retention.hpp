// Removes what is too old and what is too much, the oldest first.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "store/sqlite.hpp"

namespace mainstream {

struct RetentionLimits {
  std::chrono::milliseconds max_age{0};  // 0: none
  std::uint64_t max_bytes = 0;           // 0: none
};

// Bytes of the database that hold something, and of all snapshots.
[[nodiscard]] std::uint64_t used_bytes(Database& database);

struct Removed {
  std::int64_t records = 0;  // changes and near misses
  std::vector<std::string>
      snapshots;  // ids of events; the files are the caller's to remove, after the commit
};

// One step, within the caller's transaction: at most some thousand rows, so that other writing goes on in
// between. Nothing is removed when all is within the limits. Events that are not over stay, and the last
// plan. Near misses go by their own age, whatever event was before them.
[[nodiscard]] Removed remove_some(Database& database, const RetentionLimits& limits,
                                  std::chrono::milliseconds age_now);

// Gives free pages back to the file system, some at a time. Outside a transaction.
void shrink(Database& database);

}  // namespace mainstream
