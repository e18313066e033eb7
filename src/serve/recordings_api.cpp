// What the API answers about recordings and the marks in them.
#include <algorithm>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "node/state_json.hpp"
#include "serve/answers.hpp"
#include "serve/api.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMostDoubts = 24;

Json recording_json(const StreamRecording& recording) {
  return {
      {"id", recording.id},       {"stream", recording.stream},     {"started", to_string(recording.started)},
      {"fps", recording.fps},     {"frames", recording.frames},     {"lost", recording.lost},
      {"bytes", recording.bytes}, {"going_on", recording.going_on}, {"fault", text_or_null(recording.fault)}};
}

Json marks_json(const Labels& labels) {
  Json apps = Json::object();
  for (const auto& [app, marked] : labels.apps) {
    Json marks = Json::array();
    for (const FrameRange& run : runs_of(marked, 0, labels.frames)) marks.push_back({run.first, run.last});
    apps[app] = std::move(marks);
  }
  return {{"frames", labels.frames}, {"apps", std::move(apps)}};
}

ApiAnswer no_recording(const std::string& id) {
  return problem(404, "there is no recording " + in_quotes(id));
}

// What cannot be decoded is 400; what cannot be now, 409.
template <typename Answer>
ApiAnswer answered(const Answer& answer) {
  try {
    return answer();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::untrusted) return problem(400, error.what());
    if (error.kind() == ErrorKind::usage) return problem(409, error.what());
    throw;
  }
}

}  // namespace

std::optional<StreamRecording> Api::asked_recording(const Call& call) {
  auto found = node_.recordings().find(call.values[0]);
  return found && call.scope.has(found->stream) ? found : std::nullopt;
}

bool Api::has_recording(const Call& call) {
  const auto stream = node_.recordings().stream_of(call.values[0]);
  return stream && call.scope.has(*stream);
}

ApiAnswer Api::recordings(const Call& call) {
  Json list = Json::array();
  for (const StreamRecording& recording : node_.recordings().list())
    if (call.scope.has(recording.stream)) list.push_back(recording_json(recording));
  return json_answer({{"recordings", std::move(list)}});
}

ApiAnswer Api::recording(const Call& call) {
  const auto found = asked_recording(call);
  return found ? json_answer(recording_json(*found)) : no_recording(call.values[0]);
}

ApiAnswer Api::start_recording(const Call& call) {
  return answered([&] {
    const NewRecording wanted = parse_new_recording(call.body());
    const NodeState state = this->state(call.scope).node;
    const auto stream = std::ranges::find(state.streams, wanted.stream, &NodeState::Stream::name);
    if (stream == state.streams.end()) return problem(404, "there is no stream " + in_quotes(wanted.stream));
    if (!stream->up) return problem(409, "stream " + in_quotes(wanted.stream) + " is not up");
    const std::string id = node_.recordings().start(wanted.stream, stream->fps, wanted.seconds);
    return json_answer(recording_json(node_.recordings().find(id).value()));
  });
}

ApiAnswer Api::stop_recording(const Call& call) {
  if (!has_recording(call) || !node_.recordings().stop(call.values[0])) return no_recording(call.values[0]);
  return recording(call);
}

ApiAnswer Api::remove_recording(const Call& call) {
  return answered([&] {
    const auto found = asked_recording(call);
    if (!found || !node_.recordings().remove(call.values[0])) return no_recording(call.values[0]);
    return json_answer(recording_json(*found));
  });
}

ApiAnswer Api::recorded_frame(const Call& call) {
  return answered([&] {
    const std::int64_t index = parse_index(call.query);
    std::optional<std::string> jpeg;
    if (has_recording(call)) jpeg = node_.recordings().frame(call.values[0], index);
    if (!jpeg) return problem(404, "there is no such frame");
    ApiAnswer answer;
    answer.type = "image/jpeg";
    answer.body = std::move(*jpeg);
    return answer;
  });
}

ApiAnswer Api::recorded_video(const Call& call) {
  const auto file = has_recording(call) ? node_.recordings().video(call.values[0]) : std::nullopt;
  if (!file) return problem(404, "there is no video of a recording " + in_quotes(call.values[0]));
  ApiAnswer answer;
  answer.type = "video/x-matroska";
  answer.file = *file;
  return answer;
}

ApiAnswer Api::marks(const Call& call) {
  if (!has_recording(call)) return no_recording(call.values[0]);
  return json_answer(marks_json(node_.recordings().labels(call.values[0])));
}

ApiAnswer Api::put_marks(const Call& call) {
  return answered([&] {
    const auto found = asked_recording(call);
    if (!found) return no_recording(call.values[0]);
    node_.recordings().set_labels(call.values[0], parse_marks(call.body(), found->frames));
    return marks(call);
  });
}

ApiAnswer Api::label_file(const Call& call) {
  if (!has_recording(call)) return no_recording(call.values[0]);
  if (node_.recordings().labels(call.values[0]).apps.empty()) return problem(404, "nothing is marked yet");
  ApiAnswer answer;
  answer.type = "text/csv";
  answer.body = read_file(node_.recordings().labels_file(call.values[0]));
  return answer;
}

ApiAnswer Api::training(const Call& call) {
  if (!has_recording(call)) return no_recording(call.values[0]);
  const TrainingState state = node_.training().state(node_.recordings().folder(call.values[0]));
  return json_answer({{"installed", node_.training().is_installed()},
                      {"phase", to_string(state.phase)},
                      {"app", text_or_null(state.app)},
                      {"log", state.log}});
}

ApiAnswer Api::start_training(const Call& call) {
  return answered([&] {
    if (!has_recording(call)) return no_recording(call.values[0]);
    node_.train(call.values[0], parse_new_training(call.body()));
    return training(call);
  });
}

ApiAnswer Api::doubts(const Call& call) {
  const auto found = asked_recording(call);
  if (!found) return no_recording(call.values[0]);
  const auto unseen = node_.training().unseen(node_.recordings().folder(found->id));
  if (!unseen) return problem(404, "nothing is trained yet");
  const Doubts doubts = choose_doubts(*unseen, node_.recordings().labels(found->id), found->fps, kMostDoubts);
  Json frames = Json::array();
  for (const Doubt& doubt : doubts.frames) {
    frames.push_back({{"frame", doubt.frame},
                      {"score", shortest_number(doubt.score)},
                      {"marked", doubt.marked},
                      {"contradicts", doubt.contradicts}});
  }
  return json_answer({{"app", doubts.app},
                      {"candidate", doubts.candidate},
                      {"threshold", shortest_number(doubts.threshold)},
                      {"frames", std::move(frames)}});
}

ApiAnswer Api::trained_package(const Call& call) {
  const bool known = has_recording(call);
  const std::filesystem::path file = node_.recordings().folder(call.values[0]) / "trained.mpkg";
  if (!known || !exists(file)) return problem(404, "nothing is trained yet");
  ApiAnswer answer;
  answer.type = "application/octet-stream";
  answer.file = file;
  return answer;
}

}  // namespace mainstream
