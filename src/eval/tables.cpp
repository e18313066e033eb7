#include "eval/tables.hpp"

#include <algorithm>

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
