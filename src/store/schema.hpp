// The tables of a node's database (docs/formats.md), and how older ones become the present ones.
#pragma once

#include <span>

#include "store/sqlite.hpp"

namespace mainstream {

// Step i leads from version i to i + 1. A step is never changed once it was released: a new one follows.
[[nodiscard]] std::span<const char* const> schema_steps();

// Takes all steps that the database has not taken; each is one transaction. Throws untrusted for a database
// of another program, or of a version beyond the last step.
void migrate(Database& database, std::span<const char* const> steps, const std::string& place);

// Opens for writing, in the state that a node needs: write-ahead log, each commit on the disk when it
// returns.
[[nodiscard]] Database open_for_writing(const std::filesystem::path& path);

// Opens for reading. Throws unreadable, or untrusted for another version than the present one.
[[nodiscard]] Database open_for_reading(const std::filesystem::path& path);

}  // namespace mainstream
