#include "package/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "package/input_json.hpp"
#include "package/precision_json.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kMaxLayers = 1'000'000;
constexpr std::size_t kMaxCandidates = 1000;
constexpr double kMaxMilliseconds = 1e9;  // about twelve days
constexpr std::size_t kMaxNameBytes = 200;

// Names end up in file names, log lines, CSV headers and terminals.
std::string parse_name(const JsonField& field) {
  std::string name = field.text();
  if (name.empty() || name.size() > kMaxNameBytes) {
    field.fail(fmt::format("must have 1 to {} bytes, has {}", kMaxNameBytes, name.size()));
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) field.fail("must not contain control characters");
  }
  return name;
}

std::string parse_app(const JsonField& field) {
  std::string name = parse_name(field);
  if (name.find_first_of("/\\,\"") != std::string::npos) {
    field.fail("must not contain / \\ , or \": the name becomes a column and part of file names");
  }
  return name;
}

std::string parse_sha256(const JsonField& field) {
  std::string text = field.text();
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != 64 || !std::all_of(text.begin(), text.end(), is_hex)) {
    field.fail("must be a sha256 in 64 lower-case hexadecimal digits");
  }
  return text;
}

// "2024-05-31T09:30:00Z"
std::string parse_time(const JsonField& field) {
  constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:ddZ";
  std::string text = field.text();
  const bool fits = std::equal(text.begin(), text.end(), kPattern.begin(), kPattern.end(),
                               [](char c, char p) { return p == 'd' ? (c >= '0' && c <= '9') : c == p; });
  if (!fits) field.fail("must be a time like 2024-05-31T09:30:00Z, is " + field.value().dump());
  return text;
}

std::vector<std::string> parse_names(const JsonField& field, std::size_t least) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  if (field.size() < least) field.fail(fmt::format("must have at least {} elements", least));
  for (std::size_t i = 0; i < field.size(); ++i) {
    names.push_back(parse_name(field.at(i)));
    if (!seen.insert(names.back()).second) field.at(i).fail("stands twice");
  }
  return names;
}

std::vector<MeasuredQuality> parse_by_fps(const JsonField& field) {
  std::vector<MeasuredQuality> table;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const JsonField row = field.at(i);
    row.allow_only({"fps", "recall", "precision", "f1", "true_events", "detected_events"});
    MeasuredQuality quality;
    quality.fps = row["fps"].number(1e-3, 1e4);
    quality.recall = row["recall"].number(0, 1);
    quality.precision = row["precision"].number(0, 1);
    quality.f1 = row["f1"].number(0, 1);
    quality.true_events = row["true_events"].number(0, 1e9);
    quality.detected_events = row["detected_events"].number(0, 1e9);
    if (!table.empty() && quality.fps <= table.back().fps) row["fps"].fail("must rise from row to row");
    table.push_back(quality);
  }
  return table;
}

AnswerQuality parse_quality(const JsonField& field) {
  AnswerQuality quality;
  quality.threshold = static_cast<float>(field["threshold"].number(0, 1));
  quality.top1 = field["top1"].number(0, 1);
  quality.tpr = field["tpr"].number(0, 1);
  quality.fpr = field["fpr"].number(0, 1);
  if (const auto table = field.find("by_fps")) quality.by_fps = parse_by_fps(*table);
  return quality;
}

void parse_precisions(const JsonField& field, Candidate& candidate) {
  for (std::size_t i = 0; i < field.size(); ++i) {
    const JsonField entry = field.at(i);
    entry.allow_only({"stem", "tail", "threshold", "top1", "tpr", "fpr", "by_fps"});
    const PrecisionPair pair{parse_precision(entry["stem"]), parse_precision(entry["tail"])};
    if (pair == PrecisionPair{}) entry.fail("must not be f32 twice: the candidate's own figures are of that");
    if (candidate.frozen_layers == 0 && pair.stem != Precision::f32) {
      entry["stem"].fail("must be f32: the candidate has no frozen layers");
    }
    if (pair.tail == Precision::int8 && candidate.ranges.empty()) {
      entry["tail"].fail("is int8, for which the candidate must have \"ranges\"");
    }
    if (!candidate.precisions.emplace(pair, parse_quality(entry)).second) entry.fail("stands twice");
  }
}

Candidate parse_candidate(const JsonField& field, std::size_t index) {
  field.allow_only({"branchpoint", "frozen_layers", "frozen_fraction", "file", "sha256", "size", "head",
                    "threshold", "validation_size", "top1", "tpr", "fpr", "by_fps", "ranges", "precisions"});
  Candidate candidate;
  static_cast<AnswerQuality&>(candidate) = parse_quality(field);
  candidate.branchpoint = parse_name(field["branchpoint"]);
  candidate.frozen_layers = field["frozen_layers"].integer(0, kMaxLayers);
  candidate.frozen_fraction = field["frozen_fraction"].number(0, 1);
  candidate.file = field["file"].text();
  if (candidate.file != candidate_file(index)) {
    field["file"].fail(
        fmt::format("must be \"{}\", is {}", candidate_file(index), field["file"].value().dump()));
  }
  candidate.sha256 = parse_sha256(field["sha256"]);
  candidate.size = static_cast<std::uint64_t>(field["size"].integer(1, INT64_C(1) << 31));
  candidate.head = field["head"].text();
  if (candidate.head != "average" && candidate.head != "spatial") {
    field["head"].fail("must be \"average\" or \"spatial\", is " + field["head"].value().dump());
  }
  candidate.validation_size = field["validation_size"].integer(0, INT64_MAX);
  if (const auto ranges = field.find("ranges")) candidate.ranges = parse_ranges(*ranges);
  if (const auto precisions = field.find("precisions")) parse_precisions(*precisions, candidate);
  return candidate;
}

std::vector<Candidate> parse_candidates(const JsonField& field) {
  if (field.size() < 1 || field.size() > kMaxCandidates) {
    field.fail(fmt::format("must have 1 to {} elements, has {}", kMaxCandidates, field.size()));
  }
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < field.size(); ++i) {
    candidates.push_back(parse_candidate(field.at(i), i));
    if (i > 0 && candidates[i].frozen_layers >= candidates[i - 1].frozen_layers) {
      field.at(i)["frozen_layers"].fail("must fall from candidate to candidate");
    }
  }
  return candidates;
}

EventModel parse_event(const JsonField& field) {
  field.allow_only({"origin", "length_ms", "frequency", "correlation", "votes", "merge_gap_ms"});
  EventModel event;
  event.origin = enumerator_of(kEventOrigins, field["origin"]);
  event.length_ms = field["length_ms"].number(0, kMaxMilliseconds);
  event.frequency = field["frequency"].number(0, 1);
  event.correlation = field["correlation"].number(0, 1);
  event.votes = static_cast<int>(field["votes"].integer(1, 1000));
  event.merge_gap_ms = field["merge_gap_ms"].number(0, kMaxMilliseconds);
  return event;
}

void parse_base(const JsonField& field, Manifest& manifest) {
  field.allow_only({"id", "name", "input"});
  manifest.base_id = parse_sha256(field["id"]);
  manifest.base_name = parse_name(field["name"]);
  manifest.input = parse_input(field["input"]);
}

void parse_trainer(const JsonField& field, Manifest& manifest) {
  field.allow_only({"version", "seed", "hyperparameters"});
  manifest.trainer_version = parse_name(field["version"]);
  const JsonField seed = field["seed"];
  if (!seed.value().is_number_unsigned())
    seed.fail("must be a whole number from 0, is " + seed.value().dump());
  manifest.seed = seed.value().get<std::uint64_t>();
  const JsonField hyperparameters = field["hyperparameters"];
  if (!hyperparameters.value().is_object()) hyperparameters.fail("must be an object");
  for (const auto& item : hyperparameters.value().items()) {
    manifest.hyperparameters[item.key()] = hyperparameters[item.key()].text();
  }
}

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& source) {
  const Json document = parse_json(text, source);
  const JsonField root(document, source + ":");
  // Before anything else: another format may have other fields.
  if (const JsonField format = root["format"]; format.value() != kManifestFormat) {
    format.fail(fmt::format("is {}; this program reads format {}", format.value().dump(), kManifestFormat));
  }
  root.allow_only(
      {"format", "app", "base", "classes", "positive", "created", "trainer", "event", "candidates"});
  Manifest manifest;
  manifest.app = parse_app(root["app"]);
  parse_base(root["base"], manifest);
  manifest.classes = parse_names(root["classes"], 2);
  manifest.positive = parse_names(root["positive"], 1);
  for (std::size_t i = 0; i < manifest.positive.size(); ++i) {
    const auto& known = manifest.classes;
    if (std::find(known.begin(), known.end(), manifest.positive[i]) == known.end()) {
      root["positive"].at(i).fail("is not one of the classes");
    }
  }
  if (manifest.positive.size() == manifest.classes.size()) {
    root["positive"].fail("must leave out at least one class: else every frame would make an event");
  }
  manifest.created = parse_time(root["created"]);
  parse_trainer(root["trainer"], manifest);
  manifest.event = parse_event(root["event"]);
  manifest.candidates = parse_candidates(root["candidates"]);
  return manifest;
}

}  // namespace mainstream
