#include "eval/score_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/file.hpp"
#include "core/json.hpp"
#include "mainstream/error.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kPieceFrames = 500;  // an interrupted recording loses less than that

Json scores_json(const Recording& recording) {
  Json scores = Json::array();
  for (const float score : recording.scores)
    scores.push_back(std::isnan(score) ? Json() : shortest_number(score));
  return scores;
}

Json piece_json(const Mix& mix, const ClipScores& piece) {
  Json recordings = Json::array();
  for (std::size_t a = 0; a < mix.apps.size(); ++a) {
    for (const auto& [variant, parts] : piece.recordings[a]) {
      recordings.push_back({{"app", mix.apps[a].name()},
                            {"candidate", variant.candidate},
                            {"stem", to_string(variant.number_types.stem)},
                            {"tail", to_string(variant.number_types.tail)},
                            {"scores", scores_json(parts.front())}});
    }
  }
  return {{"format", 1},
          {"first", piece.parts.front().first},
          {"last", piece.parts.front().last},
          {"recordings", std::move(recordings)}};
}

NumberType type_in(const JsonField& field) {
  const auto type = number_type_from(field.text());
  if (!type) field.fail("expected a number type");
  return *type;
}

// Adds the scores of a piece, with their truth, to `scores`, which has all recordings of the pieces before.
void append_piece(const JsonField& piece, const Mix& mix, const Labels& labels, const FrameRange& frames,
                  ClipScores& scores) {
  const auto count = static_cast<std::size_t>(frames.last - frames.first + 1);
  (void)piece["first"].integer(frames.first, frames.first);
  (void)piece["last"].integer(frames.last, frames.last);
  const JsonField recordings = piece["recordings"];
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    const JsonField one = recordings.at(i);
    const auto app = std::ranges::find(mix.apps, one["app"].text(), &Mix::App::name);
    if (app == mix.apps.end()) one["app"].fail("no such app in the mix");
    const Variant variant{one["candidate"].text(), {type_in(one["stem"]), type_in(one["tail"])}};
    auto& parts = scores.recordings[static_cast<std::size_t>(app - mix.apps.begin())][variant];
    if (parts.empty()) parts.push_back({{}, {}, scores.fps});
    const JsonField values = one["scores"];
    if (values.size() != count) values.fail(fmt::format("expected {} scores", count));
    for (std::size_t frame = 0; frame < count; ++frame) {
      const bool none = values.at(frame).is_null();
      parts.front().scores.push_back(none ? std::numeric_limits<float>::quiet_NaN()
                                          : static_cast<float>(values.at(frame).number(0, 1)));
      parts.front().truth.push_back(labels.of(app->name())[static_cast<std::size_t>(frames.first) + frame]);
    }
  }
}

void check_complete(const Mix& mix, const ClipScores& scores, const std::filesystem::path& folder) {
  for (const auto& of_app : scores.recordings) {
    for (const auto& [variant, parts] : of_app) {
      if (std::ssize(parts.front().scores) == scores.parts.front().last + 1) continue;
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: some pieces lack scores of {} {}; remove the folder", folder.string(),
                              variant.candidate, to_string(variant.number_types)));
    }
  }
  if (scores.recordings.size() != mix.apps.size() ||
      std::ranges::any_of(scores.recordings, [](const auto& of_app) { return of_app.empty(); })) {
    throw Error(ErrorKind::untrusted, folder.string() + ": some app has no scores; remove the folder");
  }
}

}  // namespace

std::string recording_id(const Mix& mix, const ScoredStream& stream) {
  const Mix::Stem& stem = mix.stems.front();
  std::string text = fmt::format("base {}\nfps {}\nvideo {}\nlabels {}\n", stem.base.id, stream.fps,
                                 sha256(read_file(stream.video)), sha256(read_file(stream.labels)));
  for (const NumberType type : stem.number_types) text += fmt::format("type {}\n", to_string(type));
  if (mix.only) text += fmt::format("only {}\n", to_string(*mix.only));
  for (const Mix::App& app : mix.apps) text += fmt::format("package {}\n", app.package.sha256());
  return sha256(text).substr(0, 16);
}

ClipScores kept_scores(const Engine& engine, const Mix& mix, const ScoredStream& stream,
                       const std::filesystem::path& folder, const std::stop_token& stop,
                       const FrameProgress& progress) {
  const Labels labels = read_labels(stream.labels);
  const std::filesystem::path pieces = folder / recording_id(mix, stream);
  std::filesystem::create_directories(pieces);
  ClipScores scores{.fps = stream.fps, .parts = {{0, labels.frames - 1}}, .recordings = {}};
  scores.recordings.resize(mix.apps.size());
  for (std::int64_t first = 0; first < labels.frames; first += kPieceFrames) {
    const FrameRange frames{first, std::min(first + kPieceFrames, labels.frames) - 1};
    const std::filesystem::path file = pieces / fmt::format("{:07}.json", first);
    if (!std::filesystem::exists(file)) {
      const auto report = [&](std::int64_t done, std::int64_t) {
        if (progress) progress(done, labels.frames);
      };
      const ClipScores piece =
          record_scores(engine, mix, stream.video.string(), stream.fps, labels, {frames}, stop, report);
      write_file(file, json_text(piece_json(mix, piece)) + "\n");
    }
    append_piece(read_json(read_file(file), file.string()), mix, labels, frames, scores);
  }
  check_complete(mix, scores, pieces);
  return scores;
}

}  // namespace mainstream
