// The OpenAPI document (3.0.3) of the routes.
#pragma once

#include <vector>

#include "core/json_field.hpp"
#include "serve/api.hpp"

namespace mainstream {

[[nodiscard]] Json openapi_document(const std::vector<Route>& routes);

}  // namespace mainstream
