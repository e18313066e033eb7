// What Prometheus reads. docs/api.md has the table of metrics.
#pragma once

#include <string>

#include "node/service.hpp"

namespace mainstream {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// `of_node`: with what is not of a stream.
[[nodiscard]] std::string metrics_text(const ServiceState& state, bool of_node = true);

}  // namespace mainstream
