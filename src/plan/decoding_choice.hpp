// In which ways the streams of a mix are decoded.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "mainstream/planning.hpp"

namespace mainstream {

// The ways that a schedule may choose from. Only streams of the mix have a choice: others are decoded in
// their last way. It refers to mix and costs.
class DecodingChoice {
 public:
  using Ways = std::vector<std::size_t>;  // by stream of the mix: an index into its ways

  DecodingChoice(const Mix& mix, const Costs& costs);

  [[nodiscard]] Ways first() const;  // serves the lowest rates
  [[nodiscard]] Ways last() const;   // serves all rates
  // The first ways that serve these settings.
  [[nodiscard]] Ways serving(const std::vector<Setting>& settings) const;
  // These ways, but for one stream; all such.
  [[nodiscard]] std::vector<Ways> neighbours(const Ways& ways) const;

  // Of all streams.
  [[nodiscard]] double ms_per_s(const Ways& ways) const;
  // Takes the rates that these ways do not serve from the mix's problem. False if a stem has none left.
  [[nodiscard]] bool limit_rates(const Ways& ways, Problem& problem) const;

 private:
  struct Stream {
    std::string name;
    const std::vector<DecodingWay>* ways;  // not empty
  };
  const Mix& mix_;
  std::vector<Stream> streams_;
  double others_ms_per_s_ = 0;  // of streams that the mix does not have
};

}  // namespace mainstream
