#include "event/bootstrap.hpp"

#include <cmath>
#include <random>

#include "core/testing.hpp"

namespace mainstream {
namespace {

// Recall alone varies: each cell found or missed, no false alarms. F1 = 2 p / (1 + p) for a share p, whose
// standard error is known.
TEST(CellBootstrapTest, IsTheErrorOfAShare) {
  std::vector<EventCounts> cells;
  for (int i = 0; i < 100; ++i) cells.push_back(i % 4 == 0 ? EventCounts{0, 1, 0} : EventCounts{1, 0, 0});
  const double p = 0.75, share_error = std::sqrt(p * (1 - p) / 99), slope = 2 / ((1 + p) * (1 + p));
  EXPECT_NEAR(CellBootstrap(100).f1_error(cells), slope * share_error, 0.05 * slope * share_error);
}

// What it is for: the spread of F1 over many clips of the same kind.
TEST(CellBootstrapTest, IsTheSpreadOverManyClips) {
  std::mt19937 random(5);
  const auto clip = [&] {
    std::vector<EventCounts> cells(8);
    for (EventCounts& cell : cells) {
      const bool found = random() % 10 < 7;
      cell = {found ? 1.0 : 0.0, found ? 0.0 : 1.0, static_cast<double>(random() % 4) * 0.4};
    }
    return cells;
  };
  const CellBootstrap bootstrap(8);
  double squares = 0, mean = 0, mean_square_error = 0;
  constexpr int kClips = 1000;
  for (int i = 0; i < kClips; ++i) {
    const auto cells = clip();
    const double f1 = sum(cells).f1().value(), error = bootstrap.f1_error(cells);
    mean += f1 / kClips;
    squares += f1 * f1 / kClips;
    mean_square_error += error * error / kClips;
  }
  const double spread = std::sqrt(squares - mean * mean);
  EXPECT_NEAR(std::sqrt(mean_square_error), spread, 0.1 * spread);
}

TEST(CellBootstrapTest, DifferencesArePaired) {
  std::mt19937 random(3);
  std::vector<EventCounts> a, b;
  for (int i = 0; i < 12; ++i) {
    const bool found = random() % 2 == 0;
    a.push_back({found ? 1.0 : 0.0, found ? 0.0 : 1.0, 0.1});
    b.push_back({found ? 1.0 : 0.0, found ? 0.0 : 1.0, 0.2});
  }
  const CellBootstrap bootstrap(12);
  EXPECT_EQ(bootstrap.difference_error(a, a), 0);
  EXPECT_LT(bootstrap.difference_error(a, b), 0.1 * bootstrap.f1_error(a)) << "they find the same events";
  EXPECT_EQ(bootstrap.difference_error(a, b), CellBootstrap(12).difference_error(a, b)) << "the same draws";
}

TEST(CellBootstrapTest, OneCellTellsNothing) {
  const std::vector<EventCounts> cells = {{1, 0, 0}};
  EXPECT_EQ(CellBootstrap(1).f1_error(cells), 0.5);
  EXPECT_EQ(CellBootstrap(1).difference_error(cells, cells), 1);
  const std::vector<EventCounts> two = {{1, 0, 0}, {0, 1, 0}};
  EXPECT_LE(CellBootstrap(2).f1_error(two), 0.5);
  EXPECT_ERROR(usage, CellBootstrap(2).f1_error(cells), "1 cells for draws from 2");
  EXPECT_ERROR(usage, CellBootstrap(2, 1), "expected at least 2 draws, got 1");
}

TEST(CellBootstrapTest, ManyCellsAreDrawnInBlocks) {
  std::vector<EventCounts> cells;
  for (int i = 0; i < 3000; ++i) cells.push_back(i % 2 == 0 ? EventCounts{0, 1, 0} : EventCounts{1, 0, 0});
  // Blocks of 15 hold 7 or 8 of each kind: less varied than lone draws would be.
  EXPECT_LT(CellBootstrap(3000).f1_error(cells), 0.004);
}

}  // namespace
}  // namespace mainstream
