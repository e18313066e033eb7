// Tables and numbers for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mainstream {

// Columns as wide as their widest cell, two spaces between them. Cells are cleaned (core/text.hpp).
class TextTable {
 public:
  // One letter per column: 'l' for text, 'r' for numbers.
  TextTable(std::string alignment, std::vector<std::string> header);
  void add(std::vector<std::string> row);
  [[nodiscard]] std::string text() const;

 private:
  std::string alignment_;
  std::vector<std::vector<std::string>> rows_;
};

// Three significant digits and a unit of thousands: "568 M", "0", "1.23 G".
[[nodiscard]] std::string short_number(double value);
// "45.0 %"
[[nodiscard]] std::string percent(double fraction);

}  // namespace mainstream
