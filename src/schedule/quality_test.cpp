#include "mainstream/quality.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mainstream {
namespace {

std::vector<std::vector<double>> read_rows(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::vector<double>> rows;
  std::string line;
  std::getline(file, line);  // names
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string cell;
    auto& row = rows.emplace_back();
    while (std::getline(cells, cell, ',')) row.push_back(std::stod(cell));
  }
  return rows;
}

TEST(Quality, AgreesWithTheTable) {
  const auto rows = read_rows(MAINSTREAM_SOURCE_DIR "/src/schedule/testdata/quality.csv");
  ASSERT_EQ(rows.size(), 15U);
  for (const auto& row : rows) {  // d,f,p,q,c,pi,x,recall,precision,f1
    ASSERT_EQ(row.size(), 10U);
    const EventStatistics events{row[0] * 1000, row[5], row[4], static_cast<int>(row[6])};
    const Quality quality = event_quality(events, row[2], row[3], row[1]);
    EXPECT_NEAR(quality.recall, row[7], 1e-9);
    EXPECT_NEAR(quality.precision, row[8], 1e-9);
    EXPECT_NEAR(quality.f1, row[9], 1e-9);
  }
}

// All 2^frames outcomes, weighted: positives stick together once a run has begun.
double miss_by_enumeration(double p, int frames, double c, int votes) {
  double miss = 0;
  for (unsigned outcome = 0; outcome < (1U << frames); ++outcome) {
    double weight = 1;
    int run = 0;
    bool detected = false;
    for (int i = 0; i < frames; ++i) {
      const double hit = run == 0 ? p : p + (1 - p) * c;
      const bool positive = (outcome >> i & 1U) != 0;
      weight *= positive ? hit : 1 - hit;
      run = positive ? run + 1 : 0;
      detected = detected || run >= votes;
    }
    if (!detected) miss += weight;
  }
  return miss;
}

TEST(Quality, VotingAgreesWithEnumeration) {
  for (const int votes : {2, 3, 5}) {
    for (const double p : {0.0, 0.1, 0.7, 1.0}) {
      for (const double c : {0.0, 0.3, 1.0}) {
        for (const int frames : {0, 1, 2, 5, 11}) {
          EXPECT_NEAR(miss_probability(p, frames, c, votes), miss_by_enumeration(p, frames, c, votes), 1e-12)
              << "p " << p << " c " << c << " votes " << votes << " frames " << frames;
        }
      }
    }
  }
}

TEST(Quality, LongEventsNeedNoLongWalk) {
  // A run of 3 is expected every 1/(p^3 q) frames or so: after a billion frames of a rare positive.
  const double p = 1e-3;
  const double miss = miss_probability(p, 1'000'000'000, 0, 3);
  EXPECT_NEAR(miss, std::exp(-1e9 * p * p * p * (1 - p)), 0.01);
  EXPECT_EQ(miss_probability(0, 1'000'000'000, 0.5, 3), 1);
  EXPECT_NEAR(miss_probability(0.5, 1'000'000'000, 0.5, 3), 0, 1e-15);
}

TEST(Quality, EdgeCasesAreStated) {
  const EventStatistics events{1000, 0.2, 0.1, 1};
  EXPECT_EQ(event_quality(events, 0, 0, 5).precision, 1);  // nothing is reported at all
  EXPECT_EQ(event_quality(events, 0, 0, 5).f1, 0);
  EXPECT_EQ(event_quality(events, 1, 0, 5), (Quality{1, 1, 1}));
  const EventStatistics three_votes{100, 0.2, 0.1, 3};  // half a frame per event: never three in a row
  EXPECT_EQ(event_quality(three_votes, 0.9, 0.1, 5).recall, 0);
  EXPECT_EQ(f1_score(0, 1), 0);
}

}  // namespace
}  // namespace mainstream
