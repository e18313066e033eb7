#include "profile_report.hpp"

#include <fmt/format.h>

#include "core/json.hpp"
#include "text_table.hpp"

namespace mainstream {

std::string profile_text(const Base& base, const Profile& profile) {
  const double total = profile.range_ms(0, base.layers());
  TextTable table("lrrrr", {"branchpoint", "layers", "segment ms", "shared ms", "rest ms"});
  std::int64_t before = 0;
  for (const Branchpoint& branchpoint : base.branchpoints) {
    const double shared = profile.range_ms(0, branchpoint.layers);
    table.add({clean(branchpoint.tensor), std::to_string(branchpoint.layers),
               fmt::format("{:.3f}", profile.range_ms(before, branchpoint.layers)),
               fmt::format("{:.3f}", shared), fmt::format("{:.3f}", total - shared)});
    before = branchpoint.layers;
  }
  const Timing& stem = profile.stem;
  return fmt::format(
      "{} in {} on {}, {} threads: {:.3f} ms to the features, {:.1f} % of one run (median {:.3f}, p90 "
      "{:.3f}; {} of {} runs took over 1.5 times as long)\n{}",
      clean(base.name), to_string(profile.number_type), clean(profile.processor), profile.threads, total,
      100 * total / stem.median_ms, stem.median_ms, stem.p90_ms, stem.outliers, stem.runs, table.text());
}

std::string profile_json(const Base& base, const Profile& profile) {
  Json segments = Json::array();
  for (std::size_t i = 1; i < base.branchpoints.size(); ++i) {
    const Branchpoint& from = base.branchpoints[i - 1];
    const Branchpoint& to = base.branchpoints[i];
    segments.push_back({{"from", from.tensor},
                        {"to", to.tensor},
                        {"first_layer", from.layers},
                        {"end_layer", to.layers},
                        {"ms", profile.range_ms(from.layers, to.layers)}});
  }
  const Json json = {{"base", profile.base_id},
                     {"name", base.name},
                     {"processor", profile.processor},
                     {"threads", profile.threads},
                     {"precision", to_string(profile.number_type)},
                     {"stem_median_ms", profile.stem.median_ms},
                     {"stem_p90_ms", profile.stem.p90_ms},
                     {"runs", profile.stem.runs},
                     {"outliers", profile.stem.outliers},
                     {"segments", std::move(segments)},
                     {"layer_ms", profile.layer_ms}};
  return json_text(json, 1) + "\n";
}

}  // namespace mainstream
