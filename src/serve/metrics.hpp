// What Prometheus reads. docs/api.md has the table of metrics.
#pragma once

#include <string>

#include "serve/node_view.hpp"

namespace mainstream {

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

[[nodiscard]] std::string metrics_text(NodeView& node);

}  // namespace mainstream
