#include "serve/dashboard.hpp"

#include <algorithm>
#include <array>

namespace mainstream {
namespace {

// Nothing but what this node serves, and pictures that a script has fetched with the token (blob:).
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Kind {
  const char* ending;
  const char* type;
};
constexpr std::array kKinds = {Kind{".html", "text/html; charset=utf-8"},
                               Kind{".css", "text/css; charset=utf-8"},
                               Kind{".js", "text/javascript; charset=utf-8"}, Kind{".svg", "image/svg+xml"}};

}  // namespace

ApiAnswer dashboard_answer(const std::string& name, const std::string& if_none_match) {
  const auto files = dashboard_files();
  const auto file =
      std::ranges::find(files, name, [](const DashboardFile& one) { return std::string(one.name); });
  if (file == files.end()) return problem(404, "there is no such path");
  ApiAnswer answer;
  const auto kind = std::ranges::find_if(kKinds, [&](const Kind& one) { return name.ends_with(one.ending); });
  if (kind != kKinds.end()) answer.type = kind->type;
  answer.headers = {{"ETag", file->etag},
                    {"Cache-Control", "no-cache"},  // kept, but asked for each time: a node may be updated
                    {"Content-Security-Policy", kPagePolicy}};
  if (if_none_match.find(file->etag) != std::string::npos) {
    answer.status = 304;
    return answer;
  }
  answer.headers.emplace_back("Content-Encoding", "gzip");
  answer.body.assign(file->bytes.begin(), file->bytes.end());
  return answer;
}

}  // namespace mainstream
