// The configuration's tables and keys as a JSON schema (draft 2020-12), from the declarations that the parser
// uses: for editors and forms.
#pragma once

#include "core/json_field.hpp"

namespace mainstream {

[[nodiscard]] Json config_schema();

}  // namespace mainstream
