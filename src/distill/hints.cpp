#include "distill/hints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// The last branchpoint at which one position stands for `stride` rows of the input.
std::optional<std::string> last_with_stride(const Base& base, std::int64_t stride) {
  std::optional<std::string> last;
  for (const Branchpoint& point : base.branchpoints) {
    const Shape& map = base.graph.shape(point.tensor);
    if (map.size() == 4 && (base.input.height + map[2] / 2) / map[2] == stride) last = point.tensor;
  }
  return last;
}

Shape kept_map(const Shape& teacher, const Shape& student, const Shape& features) {
  return {teacher[1], std::min({teacher[2], student[2], 2 * features[2]}),
          std::min({teacher[3], student[3], 2 * features[3]})};
}

}  // namespace

std::vector<Hint> choose_hints(const Base& teacher, const Base& student) {
  const Shape& wanted = teacher.graph.shape(teacher.features);
  const Shape& own = student.graph.shape(student.features);
  if (wanted[2] < own[2] || wanted[3] < own[3]) {
    throw Error(
        ErrorKind::usage,
        fmt::format("the teacher's features are {}, coarser than the student's {}; give the teacher larger "
                    "pictures or the student smaller ones",
                    to_string(wanted), to_string(own)));
  }
  std::vector<Hint> hints;
  const std::int64_t stride = student.input.height / own[2];
  for (const std::int64_t finer : {4, 2}) {
    const auto theirs = last_with_stride(teacher, stride / finer),
               ours = last_with_stride(student, stride / finer);
    if (!theirs || !ours || *theirs == teacher.features || *ours == student.features) continue;
    hints.push_back(
        {*theirs, *ours, kept_map(teacher.graph.shape(*theirs), student.graph.shape(*ours), own)});
  }
  hints.push_back({teacher.features, student.features, kept_map(wanted, own, own)});
  return hints;
}

}  // namespace mainstream
