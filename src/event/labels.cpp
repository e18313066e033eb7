#include <fmt/format.h>

#include <set>
#include <string_view>

#include "core/file.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxLabelBytes = std::uint64_t{256} << 20;

// One pass over the text of a label file. Knows where it is, for the messages.
class LabelParser {
 public:
  LabelParser(std::string_view text, std::string source) : rest_(text), source_(std::move(source)) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // spreadsheets write this mark
  }

  [[nodiscard]] Labels parse() {
    parse_header();
    while (!rest_.empty()) parse_row();
    if (columns_.front().empty()) fail(0, "has no rows; one per frame is needed");
    Labels labels;
    labels.frames = static_cast<std::int64_t>(columns_.front().size());
    for (std::size_t i = 0; i < names_.size(); ++i) labels.apps[names_[i]] = std::move(columns_[i]);
    return labels;
  }

 private:
  void parse_header() {
    next_line();
    std::set<std::string> known;
    if (next_field() != "frame") fail(1, "the header must be frame,APP,..");
    while (more_fields()) {
      const std::string name(next_field());
      if (name.empty()) fail(field_, "an app without a name");
      if (const std::string hidden = first_hidden(name); !hidden.empty()) {
        fail(field_,
             fmt::format("app {} holds {}, expected letters that can be seen", in_quotes(name), hidden));
      }
      if (!known.insert(name).second) fail(field_, fmt::format("app {} stands twice", in_quotes(name)));
      names_.push_back(name);
    }
    if (names_.empty()) fail(1, "the header names no app; frame,APP,.. would be right");
    columns_.resize(names_.size());
  }

  void parse_row() {
    next_line();
    const std::string expected = std::to_string(columns_.front().size());
    if (const auto frame = next_field(); frame != expected) {
      fail(1, fmt::format("frame {}, expected {}: one row per frame, counted from 0 without gaps",
                          in_quotes(frame), expected));
    }
    for (auto& column : columns_) {
      const std::string_view value = more_fields() ? next_field() : std::string_view();
      if (value != "0" && value != "1") fail(field_, fmt::format("{}, expected 0 or 1", in_quotes(value)));
      column.push_back(value == "1");
    }
    if (more_fields()) fail(field_ + 1, fmt::format("more than {} fields", names_.size() + 1));
  }

  void next_line() {
    ++number_;
    field_ = 0;
    const auto end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    if (line_->ends_with('\r')) line_->remove_suffix(1);
  }

  [[nodiscard]] bool more_fields() const { return line_.has_value(); }

  std::string_view next_field() {
    ++field_;
    const auto comma = line_->find(',');
    const std::string_view field = line_->substr(0, comma);
    if (comma == std::string_view::npos) {
      line_.reset();
    } else {
      line_->remove_prefix(comma + 1);
    }
    return field;
  }

  [[noreturn]] void fail(std::size_t column, const std::string& what) const {
    const std::string place =
        column == 0 ? source_ : fmt::format("{}:{}: column {}", source_, number_, column);
    throw Error(ErrorKind::untrusted, fmt::format("{}: {}", place, what));
  }

  std::string_view rest_;
  const std::string source_;
  std::size_t number_ = 0;                // of the line, from 1
  std::size_t field_ = 0;                 // of the one read last, from 1
  std::optional<std::string_view> line_;  // what is left of it; nothing after its last field
  std::vector<std::string> names_;
  std::vector<std::vector<bool>> columns_;
};

}  // namespace

Labels read_labels(const std::filesystem::path& path) {
  const std::string text = read_file(path, kMaxLabelBytes);
  return LabelParser(text, path.string()).parse();
}

void write_labels(const std::filesystem::path& path, const Labels& labels) {
  std::string text = "frame";
  for (const auto& [app, values] : labels.apps) {
    if (app.empty() || app.find_first_of(",\r\n") != std::string::npos) {
      throw Error(ErrorKind::usage,
                  fmt::format("app '{}': expected a name without commas and line breaks", app));
    }
    if (std::ssize(values) != labels.frames) {
      throw Error(ErrorKind::usage, fmt::format("app {}: expected {} labels, one per frame, got {}", app,
                                                labels.frames, values.size()));
    }
    text += "," + app;
  }
  text += '\n';
  for (std::int64_t frame = 0; frame < labels.frames; ++frame) {
    text += std::to_string(frame);
    for (const auto& [app, values] : labels.apps)
      text += values[static_cast<std::size_t>(frame)] ? ",1" : ",0";
    text += '\n';
  }
  write_file(path, text);
}

const std::vector<bool>& Labels::of(const std::string& app) const {
  const auto found = apps.find(app);
  if (found != apps.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, values] : apps) known.push_back(name);
  throw Error(ErrorKind::usage,
              fmt::format("app {} has no labels, expected one of: {}", in_quotes(app), word_list(known)));
}

std::vector<FrameRange> runs_of(const std::vector<bool>& labels, std::int64_t begin, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(labels.size());
  if (begin < 0 || begin > end || end > size) {
    throw Error(ErrorKind::usage, fmt::format("frames {} to {} of {} labelled ones", begin, end - 1, size));
  }
  std::vector<FrameRange> runs;
  for (std::int64_t frame = begin; frame < end; ++frame) {
    if (!labels[static_cast<std::size_t>(frame)]) continue;
    if (!runs.empty() && runs.back().last == frame - 1) {
      runs.back().last = frame;
    } else {
      runs.push_back({frame, frame});
    }
  }
  return runs;
}

}  // namespace mainstream
