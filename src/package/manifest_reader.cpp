#include "core/json.hpp"
#include "package/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/log.hpp"
#include "package/input_json.hpp"
#include "package/number_type_json.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kMaxLayers = 1'000'000;
constexpr std::size_t kMaxCandidates = 1000;
constexpr double kMaxMilliseconds = 1e9;  // about twelve days
constexpr std::size_t kMaxNameBytes = 200, kMaxIdBytes = 64;
constexpr std::size_t kMaxMeasured = 1000, kMaxNames = 10'000;
constexpr std::int64_t kMaxInteger = std::int64_t{1} << 53;  // what every JSON reader can hold
constexpr int kMaxVotes = 1000;
constexpr std::size_t kMaxParts = 1000;

// Names appear in file names, log lines, CSV headers and terminals.
std::string fault_of_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes)
    return fmt::format("expected 1 to {} bytes, got {}", kMaxNameBytes, name.size());
  const std::string hidden = first_hidden(name);
  return hidden.empty()
             ? ""
             : fmt::format("must not contain control characters or invisible ones, got {}", hidden);
}

std::string parse_name(const JsonField& field, std::string (*fault_of)(std::string_view) = fault_of_name) {
  std::string name = field.text();
  if (const std::string fault = fault_of(name); !fault.empty()) field.fail(fault);
  return name;
}

std::string parse_sha256(const JsonField& field) {
  std::string text = field.text();
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != 64 || !std::all_of(text.begin(), text.end(), is_hex)) {
    field.fail("expected a sha256 of 64 lower-case hexadecimal digits");
  }
  return text;
}

// "2024-05-31T09:30:00Z"
std::string parse_time(const JsonField& field) {
  constexpr std::string_view kPattern = "dddd-dd-ddTdd:dd:ddZ";
  std::string text = field.text();
  const bool fits = std::equal(text.begin(), text.end(), kPattern.begin(), kPattern.end(),
                               [](char c, char p) { return p == 'd' ? (c >= '0' && c <= '9') : c == p; });
  if (!fits) field.fail("expected a time like 2024-05-31T09:30:00Z, got " + in_quotes(text));
  return text;
}

std::vector<std::string> parse_names(const JsonField& field, std::size_t least) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  if (field.size() < least)
    field.fail(fmt::format("expected at least {} elements, got {}", least, field.size()));
  if (field.size() > kMaxNames)
    field.fail(fmt::format("expected at most {} elements, got {}", kMaxNames, field.size()));
  for (std::size_t i = 0; i < field.size(); ++i) {
    names.push_back(parse_name(field.at(i)));
    if (!seen.insert(names.back()).second) {
      field.at(i).fail(fmt::format("is a duplicate of {}", in_quotes(names.back())));
    }
  }
  return names;
}

void allow_candidate_fields(const JsonField& field, int format) {
  if (format == 1) {
    field.allow_only({"branchpoint", "frozen_layers", "frozen_fraction", "file", "sha256", "size", "head",
                      "threshold", "validation_size", "top1", "tpr", "fpr", "by_fps", "ranges",
                      "precisions"});
  } else {
    field.allow_only({"id",     "kind",   "branchpoint",  "reads", "frozen_layers", "frozen_fraction",
                      "file",   "sha256", "size",         "head",  "threshold",     "validation_size",
                      "top1",   "tpr",    "tpr_interval", "fpr",   "fpr_interval",  "measured",
                      "scores", "ranges", "precisions"});
  }
}

void allow_number_type_fields(const JsonField& field, int format) {
  if (format == 1) {
    field.allow_only({"stem", "tail", "threshold", "top1", "tpr", "fpr", "by_fps"});
  } else {
    field.allow_only({"stem", "tail", "threshold", "top1", "tpr", "tpr_interval", "fpr", "fpr_interval",
                      "measured", "scores"});
  }
}

std::vector<MeasuredQuality> parse_measured(const JsonField& field) {
  std::vector<MeasuredQuality> table;
  if (field.size() > kMaxMeasured) {
    field.fail(fmt::format("expected at most {} rows, got {}", kMaxMeasured, field.size()));
  }
  for (std::size_t i = 0; i < field.size(); ++i) {
    const JsonField row = field.at(i);
    row.allow_only({"fps", "votes", "recall", "precision", "f1", "f1_error"});
    MeasuredQuality quality;
    quality.fps = row["fps"].number(1e-3, 1e4);
    quality.votes = static_cast<int>(row["votes"].integer(1, kMaxVotes));
    quality.recall = row["recall"].number(0, 1);
    quality.precision = row["precision"].number(0, 1);
    quality.f1 = row["f1"].number(0, 1);
    quality.f1_error = row["f1_error"].number(0, 1);
    if (!table.empty() &&
        std::pair(quality.fps, quality.votes) <= std::pair(table.back().fps, table.back().votes)) {
      row.fail("must come after the row before it, by fps, then by votes");
    }
    table.push_back(quality);
  }
  return table;
}

Interval parse_interval(const JsonField& field) {
  if (field.size() != 2) field.fail(fmt::format("expected 2 numbers, got {}", field.size()));
  const Interval interval{field.at(0).number(0, 1), field.at(1).number(0, 1)};
  if (interval.low > interval.high) field.fail("the first number must not exceed the second");
  return interval;
}

ScoreCounts parse_counts(const JsonField& field) {
  ScoreCounts counts{};
  if (field.size() != kScoreBins)
    field.fail(fmt::format("expected {} counts, got {}", kScoreBins, field.size()));
  std::int64_t all = 0;
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) {
    counts[bin] = field.at(bin).integer(0, kMaxInteger);
    all += counts[bin];
  }
  if (all == 0) field.fail("expected at least one score");
  return counts;
}

ScoreTable parse_scores(const JsonField& field) {
  field.allow_only({"positive", "negative"});
  return {parse_counts(field["positive"]), parse_counts(field["negative"])};
}

AnswerQuality parse_quality(const JsonField& field, int format) {
  AnswerQuality quality;
  quality.threshold = static_cast<float>(field["threshold"].number(0, 1));
  quality.top1 = field["top1"].number(0, 1);
  quality.tpr = field["tpr"].number(0, 1);
  quality.fpr = field["fpr"].number(0, 1);
  if (format == 1) return quality;
  quality.tpr_interval = parse_interval(field["tpr_interval"]);
  quality.fpr_interval = parse_interval(field["fpr_interval"]);
  if (const auto table = field.find("measured")) quality.measured = parse_measured(*table);
  if (const auto scores = field.find("scores")) quality.scores = parse_scores(*scores);
  return quality;
}

void parse_number_types(const JsonField& field, int format, Candidate& candidate) {
  for (std::size_t i = 0; i < field.size(); ++i) {
    const JsonField entry = field.at(i);
    allow_number_type_fields(entry, format);
    const NumberTypes pair{parse_number_type(entry["stem"]), parse_number_type(entry["tail"])};
    if (pair == NumberTypes{}) entry.fail("must not be f32 twice: the candidate's own figures are for f32");
    if (candidate.frozen_layers == 0 && pair.stem != NumberType::f32) {
      entry["stem"].fail("must be f32: the candidate has no frozen layers");
    }
    if (pair.tail == NumberType::int8 && candidate.ranges.empty()) {
      entry["tail"].fail("is int8, but the candidate has no \"ranges\"");
    }
    if (!candidate.number_types.emplace(pair, parse_quality(entry, format)).second) {
      entry.fail(fmt::format("is a duplicate of {}", to_string(pair)));
    }
  }
}

// Ids appear in file names, command lines and logs.
std::string parse_id(const JsonField& field) {
  std::string id = field.text();
  const auto is_allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  };
  if (id.empty() || id.size() > kMaxIdBytes || !std::all_of(id.begin(), id.end(), is_allowed)) {
    field.fail(
        fmt::format("expected 1 to {} letters, digits, '-', '_' or '.', got {}", kMaxIdBytes, field.shown()));
  }
  return id;
}

void parse_identity(const JsonField& field, int format, Candidate& candidate) {
  candidate.branchpoint = parse_name(field["branchpoint"]);
  candidate.frozen_layers = field["frozen_layers"].integer(0, kMaxLayers);
  if (format == 1) {
    candidate.id = fmt::format("tail-{}", candidate.frozen_layers);
    candidate.reads = {candidate.branchpoint};
    return;
  }
  candidate.id = parse_id(field["id"]);
  candidate.kind = enumerator_of(kCandidateKinds, field["kind"]);
  candidate.reads = parse_names(field["reads"], 1);
  if (candidate.reads.back() != candidate.branchpoint) {
    field["reads"].fail(fmt::format("must end with the branchpoint, {}", in_quotes(candidate.branchpoint)));
  }
  if (candidate.kind == CandidateKind::tail && candidate.reads.size() > 1) {
    field["reads"].fail(fmt::format("expected 1 element for a tail, got {}", candidate.reads.size()));
  }
}

Candidate parse_candidate(const JsonField& field, std::size_t index, int format) {
  allow_candidate_fields(field, format);
  Candidate candidate;
  static_cast<AnswerQuality&>(candidate) = parse_quality(field, format);
  parse_identity(field, format, candidate);
  candidate.frozen_fraction = field["frozen_fraction"].number(0, 1);
  candidate.file = field["file"].text();
  if (candidate.file != candidate_file(index)) {
    field["file"].fail(fmt::format("expected \"{}\", got {}", candidate_file(index), field["file"].shown()));
  }
  candidate.sha256 = parse_sha256(field["sha256"]);
  candidate.size = static_cast<std::uint64_t>(field["size"].integer(1, INT64_C(1) << 31));
  candidate.head = field["head"].text();
  if (candidate.head != "average" && candidate.head != "spatial") {
    field["head"].fail("expected \"average\" or \"spatial\", got " + field["head"].shown());
  }
  candidate.validation_size = field["validation_size"].integer(0, INT64_MAX);
  if (const auto ranges = field.find("ranges")) candidate.ranges = parse_ranges(*ranges);
  if (const auto number_types = field.find("precisions"))
    parse_number_types(*number_types, format, candidate);
  return candidate;
}

std::vector<Candidate> parse_candidates(const JsonField& field, int format) {
  if (field.size() < 1 || field.size() > kMaxCandidates) {
    field.fail(fmt::format("expected 1 to {} elements, got {}", kMaxCandidates, field.size()));
  }
  std::vector<Candidate> candidates;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < field.size(); ++i) {
    candidates.push_back(parse_candidate(field.at(i), i, format));
    if (i > 0 && candidates[i].frozen_layers > candidates[i - 1].frozen_layers) {
      field.at(i)["frozen_layers"].fail("must not rise from candidate to candidate");
    }
    if (!ids.insert(candidates[i].id).second) {
      field.at(i).fail(fmt::format("duplicate id {}", in_quotes(candidates[i].id)));
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
  event.votes = static_cast<int>(field["votes"].integer(1, kMaxVotes));
  event.merge_gap_ms = field["merge_gap_ms"].number(0, kMaxMilliseconds);
  return event;
}

MeasuredOn parse_measured_on(const JsonField& field) {
  field.allow_only({"clip", "sha256", "frames", "fps", "time"});
  MeasuredOn measured;
  measured.clip = parse_name(field["clip"]);
  measured.sha256 = parse_sha256(field["sha256"]);
  const JsonField parts = field["frames"];
  if (parts.size() < 1 || parts.size() > kMaxParts)
    parts.fail(fmt::format("expected 1 to {} parts, got {}", kMaxParts, parts.size()));
  std::int64_t least = 0;  // first frame that the next part may have
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const JsonField part = parts.at(i);
    if (part.size() != 2) part.fail(fmt::format("expected 2 numbers, got {}", part.size()));
    const std::int64_t first = part.at(0).integer(least, kMaxInteger);
    measured.frames.push_back({first, part.at(1).integer(first, kMaxInteger)});
    least = measured.frames.back().last + 1;
  }
  measured.fps = field["fps"].number(1e-3, 1e4);
  measured.time = parse_time(field["time"]);
  return measured;
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
  if (!seed.value().is_number_unsigned()) seed.fail("expected a whole number from 0, got " + seed.shown());
  manifest.seed = seed.value().get<std::uint64_t>();
  const JsonField hyperparameters = field["hyperparameters"];
  hyperparameters.for_each([&](const std::string& name, const JsonField& value) {
    manifest.hyperparameters[name] = value.text();
  });
}

int parse_format(const JsonField& field) {
  if (field.value() == 1) return 1;
  if (field.value() == kManifestFormat) return kManifestFormat;
  field.fail(fmt::format("expected format 1 or {}, got {}", kManifestFormat, field.shown()));
}

void warn_of_old_table(const JsonField& candidates, const std::string& source) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates.at(i).find("by_fps")) continue;
    module_log("package").warn(
        "{}: format 1: its event tables were measured by an older score and are not used; train again for "
        "new ones",
        source);
    return;
  }
}

}  // namespace

std::string fault_of_app_name(std::string_view name) {
  if (name.find_first_of("/\\,\"") != std::string_view::npos)
    return "must not contain / \\ , or \": the name becomes a column and part of file names";
  return fault_of_name(name);
}

Manifest parse_manifest(std::string_view text, const std::string& source) {
  const JsonField root = read_json(text, source);
  // Comes first: another format may have other fields.
  const int format = parse_format(root["format"]);
  root.allow_only({"format", "app", "base", "classes", "positive", "created", "trainer", "event",
                   "measured_on", "candidates"});
  Manifest manifest;
  manifest.app = parse_name(root["app"], fault_of_app_name);
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
    root["positive"].fail("must leave out at least one class, or every frame would make an event");
  }
  manifest.created = parse_time(root["created"]);
  parse_trainer(root["trainer"], manifest);
  manifest.event = parse_event(root["event"]);
  if (const auto measured = root.find("measured_on")) manifest.measured_on = parse_measured_on(*measured);
  manifest.candidates = parse_candidates(root["candidates"], format);
  if (format == 1) warn_of_old_table(root["candidates"], source);
  return manifest;
}

}  // namespace mainstream
