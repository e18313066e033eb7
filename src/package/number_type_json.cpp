#include "package/number_type_json.hpp"

#include "core/json.hpp"

namespace mainstream {

Json ranges_to_json(const Ranges& ranges) {
  Json list = Json::array();
  for (const auto& [tensor, range] : ranges) {
    list.push_back(
        {{"tensor", tensor}, {"low", shortest_number(range.low)}, {"high", shortest_number(range.high)}});
  }
  return list;
}

NumberType parse_number_type(const JsonField& field) {
  const auto number_type = number_type_from(field.text());
  if (!number_type) field.fail("expected f32, bf16 or int8, got " + field.shown());
  return *number_type;
}

Ranges parse_ranges(const JsonField& field) {
  constexpr double kMost = 1e30;
  Ranges ranges;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const JsonField entry = field.at(i);
    entry.allow_only({"tensor", "low", "high"});
    const Range range{static_cast<float>(entry["low"].number(-kMost, 0)),
                      static_cast<float>(entry["high"].number(0, kMost))};
    if (!ranges.emplace(entry["tensor"].text(), range).second) entry["tensor"].fail("duplicate tensor");
  }
  return ranges;
}

}  // namespace mainstream
