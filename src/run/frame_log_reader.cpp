#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "core/file.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxLogBytes = std::uint64_t{256} << 20;
constexpr std::string_view kHeader = "frame,seconds,app,score,positive\n";

// One pass over the text of a frame log. Knows where it is, for the messages.
class FrameLogParser {
 public:
  FrameLogParser(std::string_view text, std::string source) : rest_(text), source_(std::move(source)) {}

  std::vector<FrameAnswer> parse() {
    if (!rest_.starts_with(kHeader)) fail("expected the header frame,seconds,app,score,positive");
    rest_.remove_prefix(kHeader.size());
    std::vector<FrameAnswer> answers;
    while (!rest_.empty()) {
      ++row_;
      FrameAnswer& answer = answers.emplace_back();
      answer.frame = number<std::int64_t>(plain_field(','), "a frame");
      (void)number<double>(plain_field(','), "seconds");
      answer.app = app_field();
      answer.score = number<double>(plain_field(','), "a score");
      const std::string_view positive = plain_field('\n');
      if (positive != "0" && positive != "1") fail("positive: expected 0 or 1, got " + in_quotes(positive));
      answer.positive = positive == "1";
    }
    return answers;
  }

 private:
  std::string_view plain_field(char end) {
    const auto length = rest_.find_first_of(",\n");
    if (length == std::string_view::npos || rest_[length] != end) {
      fail("expected five fields: frame,seconds,app,score,positive");
    }
    const std::string_view field = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
    return field;
  }

  // May stand in quotes, and then hold anything.
  std::string app_field() {
    if (!rest_.starts_with('"')) return std::string(plain_field(','));
    rest_.remove_prefix(1);
    std::string field;
    for (;;) {
      const auto quote = rest_.find('"');
      if (quote == std::string_view::npos) fail("an app's name has an opening quote without a closing one");
      field += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) break;
      field += '"';
      rest_.remove_prefix(1);
    }
    if (!plain_field(',').empty()) fail("expected a comma behind an app's name in quotes");
    return field;
  }

  template <typename Number>
  Number number(std::string_view field, const char* what) const {
    Number value{};
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) {
      fail(fmt::format("expected {}, got {}", what, in_quotes(field)));
    }
    return value;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::untrusted, fmt::format("{}: row {}: {}", source_, row_, what));
  }

  std::string_view rest_;
  const std::string source_;
  std::int64_t row_ = 0;  // the header is 0
};

}  // namespace

std::vector<FrameAnswer> read_frame_log(const std::filesystem::path& path) {
  return FrameLogParser(read_file(path, kMaxLogBytes), path.string()).parse();
}

}  // namespace mainstream
