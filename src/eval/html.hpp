// An HTML report in one file: headings, text, tables, charts, pictures. Nothing is loaded from elsewhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mainstream {

// A picture with its title and text.
struct HtmlPicture {
  std::span<const std::uint8_t> jpeg;  // empty: no picture, as the title says
  std::string title, caption;
};

class HtmlReport {
 public:
  explicit HtmlReport(const std::string& title);

  void heading(const std::string& text);
  void subheading(const std::string& text, const std::string& aside);
  void paragraph(const std::string& text);
  void list(const std::vector<std::string>& items);
  // The first row is the header.
  void table(const std::vector<std::vector<std::string>>& rows);
  // A collapsed table that a click opens.
  void folded_table(const std::string& summary, const std::vector<std::vector<std::string>>& rows);
  void chart(const std::string& svg);
  void pictures(const std::vector<HtmlPicture>& side_by_side);

  // Written whole or not at all. Throws storage.
  void write(const std::filesystem::path& path) const;

 private:
  std::string body_;
  std::string title_;
};

}  // namespace mainstream
