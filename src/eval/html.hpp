// An HTML report in one file: headings, text, tables, charts. Nothing is loaded from elsewhere.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mainstream {

class HtmlReport {
 public:
  explicit HtmlReport(const std::string& title);

  void heading(const std::string& text);
  void paragraph(const std::string& text);
  void table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);
  void chart(const std::string& svg);

  // Written whole or not at all. Throws storage.
  void write(const std::filesystem::path& path) const;

 private:
  std::string body_;
  std::string title_;
};

}  // namespace mainstream
