#include "package_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/json.hpp"
#include "event/frame_parts.hpp"
#include "package/manifest.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

std::string classes_text(const Manifest& manifest) {
  std::string text;
  for (const std::string& name : manifest.classes) {
    const auto& positive = manifest.positive;
    const bool makes_event = std::find(positive.begin(), positive.end(), name) != positive.end();
    text += (text.empty() ? "" : ", ") + name + (makes_event ? "*" : "");
  }
  return text + " (* makes an event)";
}

std::string measured_on_text(const MeasuredOn& measured) {
  return fmt::format("{} on {}, frames {} at {:g} per second (sha256 {})", measured.time, measured.clip,
                     to_string(measured.frames), measured.fps, measured.sha256.substr(0, 12));
}

std::string head_text(const Manifest& manifest) {
  const EventModel& event = manifest.event;
  TextTable table("ll", {"app", manifest.app});
  table.add({"base", fmt::format("{} (id {})", manifest.base_name, manifest.base_id)});
  table.add({"classes", classes_text(manifest)});
  table.add(
      {"event",
       fmt::format(
           "{:.0f} ms long, {} of the time, correlation {:.2g}, {} in a row, merged within {:.0f} ms ({})",
           event.length_ms, percent(event.frequency), event.correlation, event.votes, event.merge_gap_ms,
           word_of(kEventOrigins, event.origin))});
  table.add({"trained", fmt::format("{} by version {}, seed {}", manifest.created, manifest.trainer_version,
                                    manifest.seed)});
  for (const auto& [name, value] : manifest.hyperparameters) table.add({"", name + " = " + value});
  if (manifest.measured_on) table.add({"measured", measured_on_text(*manifest.measured_on)});
  return table.text();
}

// "0.812 (0.60 to 0.91)"
std::string with_interval(double value, const Interval& interval) {
  return fmt::format("{:.3f} ({:.2f} to {:.2f})", value, interval.low, interval.high);
}

std::string candidates_text(const Manifest& manifest) {
  TextTable table("lrlrrrrrr", {"candidate", "frozen work", "head", "threshold", "top-1", "tpr (90 %)",
                                "fpr (90 %)", "validated on", "size"});
  for (const Candidate& candidate : manifest.candidates) {
    table.add({candidate.id, percent(candidate.frozen_fraction), candidate.head,
               fmt::format("{:.3f}", candidate.threshold), fmt::format("{:.3f}", candidate.top1),
               with_interval(candidate.tpr, candidate.tpr_interval),
               with_interval(candidate.fpr, candidate.fpr_interval),
               fmt::format("{}", candidate.validation_size),
               short_number(static_cast<double>(candidate.size)) + "B"});
  }
  return table.text();
}

// The qualities measured with number types other than f32.
std::string number_types_text(const Manifest& manifest) {
  TextTable table("lllrrrr", {"candidate", "stem", "tail", "threshold", "top-1", "tpr", "fpr"});
  bool any = false;
  for (const Candidate& candidate : manifest.candidates) {
    for (const auto& [pair, quality] : candidate.number_types) {
      any = true;
      table.add({candidate.id, to_string(pair.stem), to_string(pair.tail),
                 fmt::format("{:.3f}", quality.threshold), fmt::format("{:.3f}", quality.top1),
                 fmt::format("{:.3f}", quality.tpr), fmt::format("{:.3f}", quality.fpr)});
    }
  }
  return any ? "\n" + table.text() : "";
}

// The row with the highest F1; among equal ones, the one with the fewest votes.
const MeasuredQuality* best_at(const Candidate& candidate, double rate) {
  const MeasuredQuality* best = nullptr;
  for (const MeasuredQuality& row : candidate.measured) {
    if (row.fps == rate && (best == nullptr || row.f1 > best->f1)) best = &row;
  }
  return best;
}

// Event F1, one row per candidate, one column per frame rate measured for any of them.
std::string measured_text(const Manifest& manifest) {
  std::set<double> rates;
  for (const Candidate& candidate : manifest.candidates) {
    for (const MeasuredQuality& row : candidate.measured) rates.insert(row.fps);
  }
  if (rates.empty()) return {};
  std::vector<std::string> header{"event F1 with the best votes, at frames per second"};
  for (const double rate : rates) header.push_back(fmt::format("{:g}", rate));
  TextTable table("l" + std::string(rates.size(), 'r'), std::move(header));
  for (const Candidate& candidate : manifest.candidates) {
    std::vector<std::string> row{candidate.id};
    for (const double rate : rates) {
      const MeasuredQuality* best = best_at(candidate, rate);
      row.push_back(best == nullptr ? "" : fmt::format("{:.2f}", best->f1));
    }
    table.add(std::move(row));
  }
  return "\n" + table.text();
}

}  // namespace

std::string manifest_text(const Manifest& manifest) {
  return head_text(manifest) + "\n" + candidates_text(manifest) + number_types_text(manifest) +
         measured_text(manifest);
}

std::string verified_text(const std::string& file, const Manifest& manifest, bool with_base) {
  return fmt::format(
      "{}: app {}, {} candidates: archive, manifest and hashes are right{}\n", file, manifest.app,
      manifest.candidates.size(),
      with_base ? ", and every candidate fits the base" : " (--base verifies the candidates, too)");
}

std::string verified_json(const Manifest& manifest, bool with_base) {
  const Json json{{"app", manifest.app},
                  {"base", manifest.base_id},
                  {"candidates", manifest.candidates.size()},
                  {"verified_with_base", with_base}};
  return json_text(json, 2) + "\n";
}

}  // namespace mainstream
