// What people's verdicts say of how well apps find events.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mainstream/node.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

// F1 of right, wrong and missed events with its 90 % interval. F1 = 2J / (1 + J) with the share
// J = right / (right + wrong + missed), so Wilson's interval (1927) for J gives that of F1. Requires at least
// one verdict.
[[nodiscard]] NodeState::Judged judged(std::int64_t right, std::int64_t wrong, std::int64_t missed);

// By app and stream: the verdicts of the last 30 days on events of the package that the app has now.
// `package_of`: the sha256 of an app's package on a stream; empty: it does not run.
[[nodiscard]] std::map<std::pair<std::string, std::string>, NodeState::Judged> judge_apps(
    StoreReader& reader, WallTime now,
    const std::map<std::pair<std::string, std::string>, std::string>& package_of);

// What to do about an app of which so much F1 is expected; empty when verdicts allow it, or are too few.
[[nodiscard]] std::string verdict_warning(const NodeState::Judged& judged, double expected_f1);

}  // namespace mainstream
