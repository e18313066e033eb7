// The words for modes and paces.
#include <array>
#include <utility>

#include "mainstream/runner.hpp"

namespace mainstream {
namespace {

constexpr std::array kModes{std::pair{Mode::mainstream, "mainstream"},
                            std::pair{Mode::max_sharing, "max-sharing"},
                            std::pair{Mode::no_sharing, "no-sharing"}};
constexpr std::array kPaces{std::pair{Pace::live, "live"}, std::pair{Pace::all, "all"}};

template <typename Names, typename Value>
const char* word_of(const Names& names, Value value) {
  for (const auto& [known, word] : names)
    if (known == value) return word;
  return "?";
}

template <typename Value, typename Names>
std::optional<Value> value_of(const Names& names, const std::string& word) {
  for (const auto& [value, known] : names)
    if (word == known) return value;
  return std::nullopt;
}

}  // namespace

const char* to_string(Mode mode) {
  return word_of(kModes, mode);
}
const char* to_string(Pace pace) {
  return word_of(kPaces, pace);
}
std::optional<Mode> mode_from(const std::string& name) {
  return value_of<Mode>(kModes, name);
}
std::optional<Pace> pace_from(const std::string& name) {
  return value_of<Pace>(kPaces, name);
}

}  // namespace mainstream
