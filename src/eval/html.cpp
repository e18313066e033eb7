#include "eval/html.hpp"

#include <fmt/format.h>

#include "core/file.hpp"
#include "eval/base64.hpp"

namespace mainstream {
namespace {

constexpr const char* kStyle = R"(
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
h2 { margin-top: 2.5rem; border-bottom: 2px solid #eee; }
h3 { margin: 1.5rem 0 .5rem; }
small { font-weight: normal; color: #666; margin-left: .5rem; }
p, li { max-width: 50rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .6rem; text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th { background: #f4f4f4; }
th:first-child, td:first-child { text-align: left; }
tr.first td { border-top: 2px solid #bbb; }
details { margin: .5rem 0; }
summary { cursor: pointer; }
figure { margin: 1rem 0; }
svg { max-width: 100%; height: auto; }
.pictures { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1rem; }
.pictures figure { margin: 0; }
.pictures img { width: 100%; display: block; }
.pictures .none { background: #f4f4f4; color: #666; aspect-ratio: 4 / 3; display: flex; align-items: center;
  justify-content: center; }
figcaption { font-size: .85rem; line-height: 1.35; margin-top: .3rem; }
figcaption b { display: block; }
@media (max-width: 45rem) { .pictures { grid-template-columns: 1fr; } }
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string row(const char* cell, const std::vector<std::string>& values, const char* attributes = "") {
  std::string out = fmt::format("<tr{}>", attributes);
  for (const std::string& value : values) out += fmt::format("<{0}>{1}</{0}>", cell, escaped(value));
  return out + "</tr>\n";
}

// Rows with the same first cell form a group.
std::string table_of(const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"wide\"><table>\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool grouped = i > 0 && i + 1 < rows.size() && rows[i].front() == rows[i + 1].front() &&
                         rows[i].front() != rows[i - 1].front();
    out += row(i == 0 ? "th" : "td", rows[i], grouped ? " class=\"first\"" : "");
  }
  return out + "</table></div>\n";
}

std::string figure_of(const HtmlPicture& picture) {
  const std::string title = escaped(picture.title);
  if (picture.jpeg.empty()) return fmt::format("<figure><div class=\"none\">{}</div></figure>\n", title);
  return fmt::format(
      "<figure><img alt=\"{0}\" src=\"data:image/jpeg;base64,{1}\"><figcaption><b>{0}</b>{2}</figcaption>"
      "</figure>\n",
      title, base64(picture.jpeg), escaped(picture.caption));
}

}  // namespace

HtmlReport::HtmlReport(const std::string& title) : title_(escaped(title)) {
  body_ = fmt::format("<h1>{}</h1>\n", title_);
}

void HtmlReport::heading(const std::string& text) {
  body_ += fmt::format("<h2>{}</h2>\n", escaped(text));
}

void HtmlReport::subheading(const std::string& text, const std::string& aside) {
  body_ += fmt::format("<h3>{} <small>{}</small></h3>\n", escaped(text), escaped(aside));
}

void HtmlReport::paragraph(const std::string& text) {
  body_ += fmt::format("<p>{}</p>\n", escaped(text));
}

void HtmlReport::list(const std::vector<std::string>& items) {
  body_ += "<ul>\n";
  for (const std::string& item : items) body_ += fmt::format("<li>{}</li>\n", escaped(item));
  body_ += "</ul>\n";
}

void HtmlReport::table(const std::vector<std::vector<std::string>>& rows) {
  body_ += table_of(rows);
}

void HtmlReport::folded_table(const std::string& summary, const std::vector<std::vector<std::string>>& rows) {
  body_ += fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), table_of(rows));
}

void HtmlReport::chart(const std::string& svg) {
  const auto begin = svg.find("<svg");  // without the XML declaration
  body_ += fmt::format("<figure>{}</figure>\n", begin == std::string::npos ? "" : svg.substr(begin));
}

void HtmlReport::pictures(const std::vector<HtmlPicture>& side_by_side) {
  body_ += "<div class=\"pictures\">\n";
  for (const HtmlPicture& picture : side_by_side) body_ += figure_of(picture);
  body_ += "</div>\n";
}

void HtmlReport::write(const std::filesystem::path& path) const {
  write_file(path, fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                               "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
                               title_, kStyle, body_));
}

}  // namespace mainstream
