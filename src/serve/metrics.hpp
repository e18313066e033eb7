// What Prometheus reads. docs/api.md has the table of metrics.
#pragma once

#include <string>

#include "mainstream/node.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string metrics_text(const NodeState& state, const StoreState& store);

}  // namespace mainstream
