#include "eval/html.hpp"

#include <fmt/format.h>

#include "core/file.hpp"

namespace mainstream {
namespace {

constexpr const char* kStyle = R"(
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .8rem; text-align: left; font-variant-numeric: tabular-nums; }
th { background: #f4f4f4; }
figure { margin: 1rem 0; overflow-x: auto; }
svg { max-width: 100%; height: auto; }
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

std::string row(const char* cell, const std::vector<std::string>& values) {
  std::string out = "<tr>";
  for (const std::string& value : values) out += fmt::format("<{0}>{1}</{0}>", cell, escaped(value));
  return out + "</tr>\n";
}

}  // namespace

HtmlReport::HtmlReport(const std::string& title) : title_(escaped(title)) {
  body_ = fmt::format("<h1>{}</h1>\n", title_);
}

void HtmlReport::heading(const std::string& text) {
  body_ += fmt::format("<h2>{}</h2>\n", escaped(text));
}

void HtmlReport::paragraph(const std::string& text) {
  body_ += fmt::format("<p>{}</p>\n", escaped(text));
}

void HtmlReport::table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows) {
  body_ += "<table>\n" + row("th", header);
  for (const auto& values : rows) body_ += row("td", values);
  body_ += "</table>\n";
}

void HtmlReport::chart(const std::string& svg) {
  const auto begin = svg.find("<svg");  // without the XML declaration
  body_ += fmt::format("<figure>{}</figure>\n", begin == std::string::npos ? "" : svg.substr(begin));
}

void HtmlReport::write(const std::filesystem::path& path) const {
  write_file(path, fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                               "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
                               title_, kStyle, body_));
}

}  // namespace mainstream
