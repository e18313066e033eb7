// Takes what is decoded from a request of the API: the target, a newline, the body or the last event's id.
#include <algorithm>

#include "core/text.hpp"
#include "fuzzing.hpp"
#include "serve/request.hpp"

namespace mainstream {
namespace {

void try_target(std::string_view text) {
  Target target;
  if (!accepts("", [&] { target = parse_target(text); })) return;
  for (const std::string& part : target.path) {
    expect(!part.empty() && part != "." && part != "..", "a part of a path is a name");
    expect(part.find_first_of("/\\") == std::string::npos, "a part of a path stays one");
    expect(first_hidden(part).empty(), "a part of a path has no hidden characters");
  }
  for (const auto& [key, value] : target.query) {
    expect(first_hidden(key).empty() && first_hidden(value).empty(), "a query has no hidden characters");
  }
  EventQuery query;
  if (!accepts("query: ", [&] { query = parse_event_query(target.query); })) return;
  expect(query.limit >= 1 && query.limit <= 1'000, "a page is neither empty nor large");
  expect(query.stream.empty() || name_fault(query.stream).empty(), "a stream is a name");
  expect(query.app.empty() || name_fault(query.app).empty(), "an app is a name");
}

void run(std::string_view input) {
  const std::string_view target = input.substr(0, input.find('\n'));
  const std::string_view rest = input.substr(std::min(target.size() + 1, input.size()));
  try_target(target);
  std::int64_t sequence = 0;
  if (accepts("Last-Event-ID", [&] { sequence = parse_last_event_id(rest); })) {
    expect(sequence >= 0, "a sequence is not negative");
  }
  constexpr std::int64_t kFrames = 100;
  Labels labels;
  if (accepts("body", [&] { labels = parse_marks(rest, kFrames); })) {
    for (const auto& [app, marked] : labels.apps) {
      expect(name_fault(app).empty(), "a marked app is a name");
      expect(marked.size() == kFrames, "each frame is marked or not");
    }
  }
  NewRecording recording;
  if (accepts("body", [&] { recording = parse_new_recording(rest); })) {
    expect(recording.seconds >= 1 && name_fault(recording.stream).empty(),
           "a recording is of a stream and has a length");
  }
  std::string trained;
  if (accepts("body", [&] { trained = parse_new_training(rest); })) {
    expect(name_fault(trained).empty(), "a trained app is a name");
  }
  Verdict verdict;
  if (!accepts("body", [&] { verdict = parse_verdict(rest); })) return;
  const bool missed = verdict.kind == Verdict::Kind::missed;
  expect(missed == !verdict.app.empty() && missed == !verdict.stream.empty(),
         "only a missed event names its app");
  expect(verdict.start <= verdict.end, "a missed event does not end before it begins");
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
