#include "package_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/json.hpp"
#include "core/report.hpp"
#include "package/manifest.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

std::string classes_text(const Manifest& manifest) {
  std::string text;
  for (const std::string& name : manifest.classes) {
    const auto& positive = manifest.positive;
    const bool makes_event = std::find(positive.begin(), positive.end(), name) != positive.end();
    text += (text.empty() ? "" : ", ") + single_line(name) + (makes_event ? "*" : "");
  }
  return text + " (* makes an event)";
}

std::string head_text(const Manifest& manifest) {
  const EventModel& event = manifest.event;
  TextTable table("ll", {"app", single_line(manifest.app)});
  table.add({"base", fmt::format("{} (id {})", single_line(manifest.base_name), manifest.base_id)});
  table.add({"classes", classes_text(manifest)});
  table.add(
      {"event",
       fmt::format("{} ms long, {} of the time, correlation {:.3g}, {} in a row, merged within {} ms ({})",
                   event.length_ms, percent(event.frequency), event.correlation, event.votes,
                   event.merge_gap_ms, word_of(kEventOrigins, event.origin))});
  table.add({"trained", fmt::format("{} by version {}, seed {}", manifest.created,
                                    single_line(manifest.trainer_version), manifest.seed)});
  for (const auto& [name, value] : manifest.hyperparameters)
    table.add({"", single_line(name + " = " + value)});
  return table.text();
}

std::string candidates_text(const Manifest& manifest) {
  TextTable table("lrrlrrrrrr", {"branchpoint", "frozen layers", "frozen work", "head", "threshold", "top-1",
                                 "tpr", "fpr", "validated on", "size"});
  for (const Candidate& candidate : manifest.candidates) {
    table.add({single_line(candidate.branchpoint), fmt::format("{}", candidate.frozen_layers),
               percent(candidate.frozen_fraction), candidate.head, fmt::format("{:.3f}", candidate.threshold),
               fmt::format("{:.3f}", candidate.top1), fmt::format("{:.3f}", candidate.tpr),
               fmt::format("{:.3f}", candidate.fpr), fmt::format("{}", candidate.validation_size),
               short_number(static_cast<double>(candidate.size)) + "B"});
  }
  return table.text();
}

// What was measured with others than f32.
std::string precisions_text(const Manifest& manifest) {
  TextTable table("lllrrrr", {"branchpoint", "stem", "tail", "threshold", "top-1", "tpr", "fpr"});
  bool any = false;
  for (const Candidate& candidate : manifest.candidates) {
    for (const auto& [pair, quality] : candidate.precisions) {
      any = true;
      table.add({single_line(candidate.branchpoint), to_string(pair.stem), to_string(pair.tail),
                 fmt::format("{:.3f}", quality.threshold), fmt::format("{:.3f}", quality.top1),
                 fmt::format("{:.3f}", quality.tpr), fmt::format("{:.3f}", quality.fpr)});
    }
  }
  return any ? "\n" + table.text() : "";
}

// Event F1, one row per candidate, one column per frame rate measured for any of them.
std::string measured_text(const Manifest& manifest) {
  std::set<double> rates;
  for (const Candidate& candidate : manifest.candidates) {
    for (const MeasuredQuality& quality : candidate.measured) rates.insert(quality.fps);
  }
  if (rates.empty()) return {};
  std::vector<std::string> header{"event F1 at frames per second"};
  for (const double rate : rates) header.push_back(fmt::format("{:g}", rate));
  TextTable table("l" + std::string(rates.size(), 'r'), std::move(header));
  for (const Candidate& candidate : manifest.candidates) {
    std::vector<std::string> row{single_line(candidate.branchpoint)};
    for (const double rate : rates) {
      const auto found = std::find_if(candidate.measured.begin(), candidate.measured.end(),
                                      [&](const MeasuredQuality& quality) { return quality.fps == rate; });
      row.push_back(found == candidate.measured.end() ? "" : fmt::format("{:.3f}", found->f1));
    }
    table.add(std::move(row));
  }
  return "\n" + table.text();
}

}  // namespace

std::string manifest_text(const Manifest& manifest) {
  return head_text(manifest) + "\n" + candidates_text(manifest) + precisions_text(manifest) +
         measured_text(manifest);
}

std::string verified_text(const std::string& file, const Manifest& manifest, bool with_base) {
  return fmt::format("{}: app {}, {} candidates: archive, manifest and hashes are right{}\n", file,
                     manifest.app, manifest.candidates.size(),
                     with_base ? ", and every tail fits the base" : " (--base verifies the tails, too)");
}

std::string verified_json(const Manifest& manifest, bool with_base) {
  const Json json{{"app", manifest.app},
                  {"base", manifest.base_id},
                  {"candidates", manifest.candidates.size()},
                  {"verified_with_base", with_base}};
  return json.dump(2) + "\n";
}

}  // namespace mainstream
