#include "package/input_json.hpp"

#include "core/json.hpp"
#include "package/words.hpp"

namespace mainstream {
namespace {

constexpr Words<InputSpec::Channels, 2> kChannels{
    {{InputSpec::Channels::rgb, "rgb"}, {InputSpec::Channels::bgr, "bgr"}}};
constexpr Words<InputSpec::Resize, 3> kResizes{{{InputSpec::Resize::stretch, "stretch"},
                                                {InputSpec::Resize::crop, "crop"},
                                                {InputSpec::Resize::letterbox, "letterbox"}}};

constexpr std::int64_t kMaxSide = 16384;  // as for pictures

Json to_json(const std::array<float, 3>& values) {
  return Json::array({shortest_number(values[0]), shortest_number(values[1]), shortest_number(values[2])});
}

std::array<float, 3> parse_triple(const JsonField& field, double limit) {
  if (field.size() != 3) field.fail("expected 3 numbers, one for each channel");
  std::array<float, 3> values{};
  for (std::size_t i = 0; i < 3; ++i) values[i] = static_cast<float>(field.at(i).number(-limit, limit));
  return values;
}

}  // namespace

std::string to_string(InputSpec::Channels channels) {
  return word_of(kChannels, channels);
}
std::string to_string(InputSpec::Resize resize) {
  return word_of(kResizes, resize);
}

Json input_to_json(const InputSpec& input) {
  return Json{
      {"width", input.width},        {"height", input.height},        {"channels", to_string(input.channels)},
      {"mean", to_json(input.mean)}, {"scale", to_json(input.scale)}, {"resize", to_string(input.resize)}};
}

InputSpec parse_input(const JsonField& field) {
  field.allow_only({"width", "height", "channels", "mean", "scale", "resize"});
  InputSpec input;
  input.width = field["width"].integer(1, kMaxSide);
  input.height = field["height"].integer(1, kMaxSide);
  input.channels = enumerator_of(kChannels, field["channels"]);
  input.mean = parse_triple(field["mean"], 1e6);
  input.scale = parse_triple(field["scale"], 1e6);
  input.resize = enumerator_of(kResizes, field["resize"]);
  for (std::size_t i = 0; i < 3; ++i) {
    if (input.scale[i] == 0) field["scale"].at(i).fail("must not be 0: the channel would carry nothing");
  }
  return input;
}

}  // namespace mainstream
