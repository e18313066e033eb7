#include "train/data/picture_split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace mainstream {

PictureSplit split_pictures(std::span<const int> labels, int classes, double validation_share,
                            std::uint64_t seed, std::span<const std::string> occasions) {
  std::mt19937_64 random(seed);
  PictureSplit split;
  std::map<std::string, bool> validates;  // by occasion
  for (int label = 0; label < classes; ++label) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] == label) rows.push_back(row);
    }
    std::ranges::shuffle(rows, random);
    const auto wanted =
        static_cast<std::size_t>(std::lround(validation_share * static_cast<double>(rows.size())));
    const std::size_t validation =
        std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(rows.size(), 2) - 1);
    std::size_t drawn = 0;
    for (const std::size_t row : rows) {
      bool is_drawn = drawn < validation;
      if (!occasions.empty() && !occasions[row].empty())
        is_drawn = validates.emplace(occasions[row], is_drawn).first->second;
      if (is_drawn) ++drawn;
      (is_drawn ? split.validation : split.training).push_back(row);
    }
  }
  std::ranges::sort(split.training);
  std::ranges::sort(split.validation);
  return split;
}

}  // namespace mainstream
