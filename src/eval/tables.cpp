#include "eval/tables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

std::string quoted_for_csv(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string escaped_for_markdown(const std::string& cell) {
  std::string out;
  for (const char c : cell) {
    if (c == '|') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

// Characters, not bytes, of a UTF-8 text.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string markdown_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string space(widths[i] - characters(cells[i]), ' ');
    line += " " + (i == 0 ? cells[i] + space : space + cells[i]) + " |";
  }
  return line + "\n";
}

}  // namespace

std::string csv_of(const Rows& rows) {
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + quoted_for_csv(row[i]);
    text += '\n';
  }
  return text;
}

Rows parse_csv(std::string_view text, const std::string& source) {
  Rows rows;
  std::size_t at = 0;
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: row {}: {}", source, rows.size(), what));
  };
  const auto cell = [&] {
    std::string value;
    bool quoted = false;
    for (; at < text.size() && (quoted || (text[at] != ',' && text[at] != '\n')); ++at) {
      if (text[at] == '"') {
        if (quoted && text.substr(at + 1).starts_with('"'))
          value += text[at++];
        else
          quoted = !quoted;
      } else if (quoted || text[at] != '\r') {
        value += text[at];
      }
    }
    if (quoted) fail("a quote does not end");
    return value;
  };
  while (at < text.size()) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(cell());
    while (at < text.size() && text[at] == ',') {
      ++at;
      row.push_back(cell());
    }
    ++at;
    if (row.size() != rows.front().size())
      fail(fmt::format("expected {} values, got {}", rows.front().size(), row.size()));
  }
  return rows;
}

std::string markdown_of(const Rows& rows) {
  Rows cells = rows;
  std::vector<std::size_t> widths(rows.front().size(), 3);
  for (std::vector<std::string>& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = escaped_for_markdown(row[i]);
      widths[i] = std::max(widths[i], characters(row[i]));
    }
  }
  std::vector<std::string> rule;
  for (const std::size_t width : widths)
    rule.push_back(rule.empty() ? std::string(width, '-') : std::string(width - 1, '-') + ":");
  cells.insert(cells.begin() + 1, rule);
  std::string text;
  for (const std::vector<std::string>& row : cells) text += markdown_row(row, widths);
  return text;
}

}  // namespace mainstream
