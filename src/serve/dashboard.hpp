// The dashboard as a node serves it. Its files, in dashboard/, and Debian's Chart.js are built into the
// library, so it needs nothing from elsewhere. docs/dashboard.md shows it.
#pragma once

#include <span>
#include <string>

#include "serve/request.hpp"

namespace mainstream {

struct DashboardFile {
  const char* name;                      // "app.js"
  const char* etag;                      // with its quotes
  std::span<const unsigned char> bytes;  // compressed by gzip
};

[[nodiscard]] std::span<const DashboardFile> dashboard_files();

// The file, always compressed; 304 where the client has it, 404 for another name.
[[nodiscard]] ApiAnswer dashboard_answer(const std::string& name, const std::string& if_none_match);

}  // namespace mainstream
