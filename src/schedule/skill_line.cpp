#include "schedule/skill_line.hpp"

#include <map>

namespace mainstream {
namespace {

// Of how an app's skill with a candidate differs from that of the mix's other apps, this part is kept. Chosen
// on the cuts on which pool_estimates' constants were.
constexpr double kOwnSkill = 0.5;
// How far the true F1 lies from the line. Where errors are much smaller, F1 stays nearly as it was measured.
constexpr double kBesideLine = 0.03;

struct Mean {
  double sum = 0, count = 0;

  void add(double value) {
    sum += value;
    ++count;
  }
  [[nodiscard]] double value() const { return sum / count; }
};

void subtract_means_of_apps(std::vector<SkilledTable>& tables) {
  std::map<std::size_t, Mean> skills, f1s;
  for (const SkilledTable& table : tables) {
    skills[table.app].add(table.skill);
    f1s[table.app].add(table.f1);
  }
  for (SkilledTable& table : tables) {
    table.skill -= skills[table.app].value();
    table.f1 -= f1s[table.app].value();
  }
}

void lean_on_mix(std::vector<SkilledTable>& tables) {
  std::map<std::size_t, Mean> of_candidates;
  for (const SkilledTable& table : tables) of_candidates[table.candidate].add(table.skill);
  for (SkilledTable& table : tables) {
    const double mean = of_candidates[table.candidate].value();
    table.skill = mean + kOwnSkill * (table.skill - mean);
  }
}

}  // namespace

std::vector<double> changes_by_skill(std::vector<SkilledTable> tables) {
  subtract_means_of_apps(tables);
  lean_on_mix(tables);
  double both = 0, squares = 0;  // least squares
  for (const SkilledTable& table : tables) {
    both += table.skill * table.f1;
    squares += table.skill * table.skill;
  }
  std::vector<double> changes;
  for (const SkilledTable& table : tables) {
    const double away = both > 0 ? both / squares * table.skill - table.f1 : 0;
    const double weight = table.variance / (table.variance + kBesideLine * kBesideLine);
    changes.push_back(weight * away);
  }
  return changes;
}

}  // namespace mainstream
