// Algorithms and objectives as text.
#include <array>
#include <utility>

#include "mainstream/scheduler.hpp"

namespace mainstream {
namespace {

constexpr std::array kAlgorithms{
    std::pair{Algorithm::automatic, "auto"}, std::pair{Algorithm::optimal, "optimal"},
    std::pair{Algorithm::fast, "fast"},      std::pair{Algorithm::greedy, "greedy"},
    std::pair{Algorithm::fixed, "fixed"},    std::pair{Algorithm::max_sharing, "max-sharing"},
    std::pair{Algorithm::apart, "apart"},    std::pair{Algorithm::no_sharing, "no-sharing"}};
constexpr std::array kObjectives{std::pair{Objective::mean, "mean"},
                                 std::pair{Objective::max_min, "max-min"}};

template <typename Table, typename Value>
const char* text_of(const Table& table, Value value) {
  for (const auto& [known, text] : table)
    if (known == value) return text;
  return "?";
}

template <typename Table>
auto value_from(const Table& table, const std::string& text)
    -> std::optional<typename Table::value_type::first_type> {
  for (const auto& [value, known] : table)
    if (text == known) return value;
  return std::nullopt;
}

}  // namespace

const char* to_string(Algorithm algorithm) {
  return text_of(kAlgorithms, algorithm);
}

const char* to_string(Objective objective) {
  return text_of(kObjectives, objective);
}

std::optional<Algorithm> algorithm_from(const std::string& name) {
  return value_from(kAlgorithms, name);
}

std::optional<Objective> objective_from(const std::string& name) {
  return value_from(kObjectives, name);
}

}  // namespace mainstream
