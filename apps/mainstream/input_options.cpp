#include "input_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/json.hpp"
#include "mainstream/error.hpp"
#include "package/input_json.hpp"
#include "parse_number.hpp"

namespace mainstream {
namespace {

// "0.5" or "1/255".
float parse_fraction(const std::string& option, std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto dividend = parse_number<double>(text.substr(0, slash));
  const auto divisor = slash < text.size() ? parse_number<double>(text.substr(slash + 1)) : 1.0;
  const auto value = dividend && divisor ? static_cast<float>(*dividend / *divisor) : std::nanf("");
  if (!std::isfinite(value)) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: expected a number like 0.5 or 1/255, got {}", option, in_quotes(text)));
  }
  return value;
}

// One number for all three channels, or three with commas between.
std::array<float, 3> parse_triple(const std::string& option, const std::string& text) {
  std::vector<float> values;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    values.push_back(parse_fraction(option, std::string_view(text).substr(begin, comma - begin)));
    begin = comma + 1;
  }
  if (values.size() == 1) return {values[0], values[0], values[0]};
  if (values.size() == 3) return {values[0], values[1], values[2]};
  throw Error(ErrorKind::usage,
              fmt::format("{}: expected 1 number, or 3 in the network's order of channels, got {}", option,
                          values.size()));
}

}  // namespace

void add_input_options(Command command, InputOptions& options) {
  command.add_option(
      "--mean", options.mean,
      "The network reads (x - mean) * scale of 0..255; one number or three: a,b,c (default 127.5)");
  command.add_option("--scale", options.scale,
                     "One number or three; fractions like 1/58.395 are allowed (default 1/127.5)");
  command.add_option("--channels", options.channels, "Order of the channels: rgb or bgr (default rgb)");
  command.add_option(
      "--resize", options.resize,
      "How pictures are fitted to the input's size: stretch, crop or letterbox (default stretch)");
}

// The options have the fields of the manifest and the base file, so the same parser checks them.
InputSpec with_options(InputSpec input, const InputOptions& options) {
  if (!options.mean.empty()) input.mean = parse_triple("--mean", options.mean);
  if (!options.scale.empty()) input.scale = parse_triple("--scale", options.scale);
  Json json = input_to_json(input);
  if (!options.channels.empty()) json["channels"] = options.channels;
  if (!options.resize.empty()) json["resize"] = options.resize;
  try {
    return parse_input(JsonField(json, "input options"));
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());
  }
}

}  // namespace mainstream
