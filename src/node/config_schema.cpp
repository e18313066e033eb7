#include "node/config_schema.hpp"

#include "core/json.hpp"
#include "node/config_tables.hpp"

namespace mainstream {
namespace {

Json one_of_types(const Json& first, const Json& second) {
  return {{"anyOf", {first, second}}};
}

Json value_schema(const Takes& takes) {
  const bool has_range = takes.high > takes.low;
  const Json text{{"type", "string"}};
  Json number{{"type", "number"}, {"minimum", takes.low}, {"maximum", takes.high}};
  switch (takes.type) {
    case Takes::Type::boolean:
      return {{"type", "boolean"}};
    case Takes::Type::integer:
      return {{"type", "integer"}, {"minimum", takes.low}, {"maximum", takes.high}};
    case Takes::Type::number:
      return number;
    case Takes::Type::words:
      return {{"type", "string"}, {"enum", takes.words}};
    case Takes::Type::text:
      return has_range ? one_of_types(text, number) : text;
    case Takes::Type::list:
      break;
  }
  if (has_range) return {{"type", "array"}, {"items", number}};
  return one_of_types(text, {{"type", "array"}, {"items", text}, {"minItems", 1}});
}

template <typename Owner>
Json table_schema(const Keys<Owner>& keys) {
  Json properties = Json::object(), required = Json::array();
  for (const KeyInfo& key : keys) {
    Json schema = value_schema(key.takes);
    schema["description"] = key.help;
    if (!key.standard.empty()) schema["x-default"] = key.standard;
    properties[std::string(key.name)] = std::move(schema);
    if (key.required) required.push_back(key.name);
  }
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

template <typename Sink>
Json sink_schema(const char* type, const Keys<Sink>& keys) {
  Json schema = table_schema(keys);
  schema["properties"]["type"]["enum"] = {type};
  return schema;
}

Json list_of_tables(Json schema) {
  return {{"type", "array"}, {"items", std::move(schema)}};
}

}  // namespace

Json config_schema() {
  const Json sinks{{"anyOf",
                    {sink_schema("stdout", stdout_sink_keys()), sink_schema("jsonl", jsonl_sink_keys()),
                     sink_schema("mqtt", mqtt_sink_keys()), sink_schema("webhook", webhook_sink_keys())}}};
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "Configuration of a Mainstream node"},
          {"type", "object"},
          {"additionalProperties", false},
          {"required", {"node"}},
          {"anyOf", {{{"required", {"stream", "app"}}}, {{"required", {"fleet"}}}}},
          {"properties",
           {{"node", table_schema(machine_keys())},
            {"stream", list_of_tables(table_schema(stream_keys()))},
            {"app", list_of_tables(table_schema(app_keys()))},
            {"schedule", table_schema(schedule_keys())},
            {"sink", list_of_tables(sinks)},
            {"retention", table_schema(retention_keys())},
            {"serve", table_schema(serve_keys())},
            {"fleet", table_schema(fleet_keys())}}}};
}

}  // namespace mainstream
