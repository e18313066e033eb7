// Tables of text in the forms that reports and programs read.
#pragma once

#include <string>
#include <vector>

namespace mainstream {

using Rows = std::vector<std::vector<std::string>>;  // the first is the header; all are equally long

// Comma-separated (RFC 4180 with plain line ends): cells with commas, quotes or line breaks are quoted.
[[nodiscard]] std::string csv_of(const Rows& rows);

// A Markdown table with padded columns, which reads well in a terminal, too: the first column to the left,
// the others to the right.
[[nodiscard]] std::string markdown_of(const Rows& rows);

}  // namespace mainstream
