#include "plan/decoding_choice.hpp"

#include <algorithm>

namespace mainstream {
namespace {

bool has_stream(const Mix& mix, const std::string& name) {
  return std::ranges::find(mix.stems, name, &Mix::Stem::stream) != mix.stems.end();
}

}  // namespace

DecodingChoice::DecodingChoice(const Mix& mix, const Costs& costs) : mix_(mix) {
  for (const auto& [name, ways] : costs.decoding) {
    if (ways.empty()) continue;
    if (has_stream(mix, name)) {
      streams_.push_back({name, &ways});
    } else {
      others_ms_per_s_ += ways.back().ms_per_s;
    }
  }
}

DecodingChoice::Ways DecodingChoice::first() const {
  return Ways(streams_.size(), 0);
}

DecodingChoice::Ways DecodingChoice::last() const {
  Ways ways;
  for (const Stream& stream : streams_) ways.push_back(stream.ways->size() - 1);
  return ways;
}

DecodingChoice::Ways DecodingChoice::serving(const std::vector<Setting>& settings) const {
  Ways ways;
  for (const Stream& stream : streams_) {
    double fps = 0;
    for (std::size_t a = 0; a < settings.size(); ++a)
      if (mix_.stems[mix_.apps[a].stem].stream == stream.name) fps = std::max(fps, settings[a].fps);
    const auto serves = [&](const DecodingWay& way) { return fps <= way.fps; };
    const auto first = std::find_if(stream.ways->begin(), stream.ways->end() - 1, serves);
    ways.push_back(static_cast<std::size_t>(first - stream.ways->begin()));
  }
  return ways;
}

std::vector<DecodingChoice::Ways> DecodingChoice::neighbours(const Ways& ways) const {
  std::vector<Ways> all;
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    for (std::size_t way = 0; way < streams_[s].ways->size(); ++way) {
      if (way == ways[s]) continue;
      all.push_back(ways);
      all.back()[s] = way;
    }
  }
  return all;
}

double DecodingChoice::ms_per_s(const Ways& ways) const {
  double sum = others_ms_per_s_;
  for (std::size_t s = 0; s < streams_.size(); ++s) sum += (*streams_[s].ways)[ways[s]].ms_per_s;
  return sum;
}

bool DecodingChoice::limit_rates(const Ways& ways, Problem& problem) const {
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    const double most = (*streams_[s].ways)[ways[s]].fps;
    for (Problem::Stem& stem : problem.stems) {
      if (stem.stream != streams_[s].name) continue;
      std::erase_if(stem.fps_options, [&](double fps) { return fps > most; });
      if (stem.fps_options.empty()) return false;
    }
  }
  return true;
}

}  // namespace mainstream
