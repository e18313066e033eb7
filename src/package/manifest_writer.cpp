#include <fmt/format.h>

#include <cmath>

#include "core/json.hpp"
#include "mainstream/error.hpp"
#include "package/input_json.hpp"
#include "package/manifest.hpp"
#include "package/number_type_json.hpp"

namespace mainstream {
namespace {

// Four digits are more than a few events can resolve.
double short_share(double value) {
  return std::round(value * 1e4) / 1e4;
}

Json measured_to_json(const MeasuredQuality& quality) {
  return Json{{"fps", quality.fps},
              {"votes", quality.votes},
              {"recall", short_share(quality.recall)},
              {"precision", short_share(quality.precision)},
              {"f1", short_share(quality.f1)},
              {"f1_error", short_share(quality.f1_error)}};
}

void put_quality(Json& json, const AnswerQuality& quality) {
  json["threshold"] = shortest_number(quality.threshold);
  json["top1"] = quality.top1;
  json["tpr"] = quality.tpr;
  json["tpr_interval"] = {quality.tpr_interval.low, quality.tpr_interval.high};
  json["fpr"] = quality.fpr;
  json["fpr_interval"] = {quality.fpr_interval.low, quality.fpr_interval.high};
  for (const MeasuredQuality& measured : quality.measured) {
    json["measured"].push_back(measured_to_json(measured));
  }
  if (quality.scores)
    json["scores"] = {{"positive", quality.scores->positive}, {"negative", quality.scores->negative}};
}

Json number_type_to_json(const NumberTypes& number_types, const AnswerQuality& quality) {
  Json json{{"stem", to_string(number_types.stem)}, {"tail", to_string(number_types.tail)}};
  put_quality(json, quality);
  return json;
}

Json candidate_to_json(const Candidate& candidate) {
  Json json{{"id", candidate.id},
            {"kind", to_string(candidate.kind)},
            {"branchpoint", candidate.branchpoint},
            {"reads", candidate.reads},
            {"frozen_layers", candidate.frozen_layers},
            {"frozen_fraction", candidate.frozen_fraction},
            {"file", candidate.file},
            {"sha256", candidate.sha256},
            {"size", candidate.size},
            {"head", candidate.head},
            {"validation_size", candidate.validation_size}};
  put_quality(json, candidate);
  if (!candidate.ranges.empty()) json["ranges"] = ranges_to_json(candidate.ranges);
  for (const auto& [number_types, quality] : candidate.number_types) {
    json["precisions"].push_back(number_type_to_json(number_types, quality));
  }
  return json;
}

Json event_to_json(const EventModel& event) {
  return Json{{"origin", word_of(kEventOrigins, event.origin)},
              {"length_ms", event.length_ms},
              {"frequency", event.frequency},
              {"correlation", event.correlation},
              {"votes", event.votes},
              {"merge_gap_ms", event.merge_gap_ms}};
}

Json measured_on_to_json(const MeasuredOn& measured) {
  Json parts = Json::array();
  for (const FrameRange& part : measured.frames) parts.push_back(Json::array({part.first, part.last}));
  return Json{{"clip", measured.clip},
              {"sha256", measured.sha256},
              {"frames", std::move(parts)},
              {"fps", measured.fps},
              {"time", measured.time}};
}

Json trainer_to_json(const Manifest& manifest) {
  Json hyperparameters = Json::object();
  for (const auto& [key, value] : manifest.hyperparameters) hyperparameters[key] = value;
  return Json{{"version", manifest.trainer_version},
              {"seed", manifest.seed},
              {"hyperparameters", std::move(hyperparameters)}};
}

}  // namespace

const char* to_string(CandidateKind kind) {
  return kind == CandidateKind::exit ? "exit" : "tail";
}

std::string candidate_file(std::size_t index) {
  return fmt::format("candidates/{:02}.onnx", index);
}

std::string to_json(const Manifest& manifest) {
  Json candidates = Json::array();
  for (const Candidate& candidate : manifest.candidates) candidates.push_back(candidate_to_json(candidate));
  Json json{
      {"format", kManifestFormat},
      {"app", manifest.app},
      {"base",
       {{"id", manifest.base_id}, {"name", manifest.base_name}, {"input", input_to_json(manifest.input)}}},
      {"classes", manifest.classes},
      {"positive", manifest.positive},
      {"created", manifest.created},
      {"trainer", trainer_to_json(manifest)},
      {"event", event_to_json(manifest.event)}};
  if (manifest.measured_on) json["measured_on"] = measured_on_to_json(*manifest.measured_on);
  json["candidates"] = std::move(candidates);
  if (const auto text = strict_json_text(json, 2)) return *text + "\n";
  throw Error(ErrorKind::usage,
              "M-Package of app " + in_quotes(manifest.app) + ": a string in its manifest is not UTF-8");
}

}  // namespace mainstream
