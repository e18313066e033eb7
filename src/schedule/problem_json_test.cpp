#include "mainstream/problem_json.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/json.hpp"
#include "core/testing.hpp"
#include "schedule/random_problem.hpp"

namespace mainstream {
namespace {

constexpr const char* kGood = R"({
  "name": "gate", "stream_fps": 10, "budget": 50, "layer_costs": [1, 2, 3], "fps_options": [1, 2.5, 10],
  "apps": [
    {"id": "door", "event_length_ms": 500, "event_frequency": 0.2, "correlation": 0.1, "x_vote": 1,
     "candidates": [{"frozen": 0, "tpr": 0.9, "fpr": 0.1}, {"frozen": 3, "tpr": 0.8, "fpr": 0.1}]},
    {"id": "lift", "options": [{"frozen": 0, "fps": 1, "f1": 0.4}, {"frozen": 3, "fps": 2.5, "f1": 0.5}]}]})";

// The good problem with one change, by JSON pointer.
std::string with(const char* pointer, const Json& value) {
  Json json = Json::parse(kGood);
  json[Json::json_pointer(pointer)] = value;
  return json.dump();
}

std::string without(const char* parent, const char* key) {
  Json json = Json::parse(kGood);
  json[Json::json_pointer(parent)].erase(key);
  return json.dump();
}

void expect_untrusted(const std::string& text, const std::string& message) {
  SCOPED_TRACE(message);
  EXPECT_ERROR(untrusted, parse_problem(text, "mix.json"), message);
  EXPECT_ERROR(untrusted, parse_problem(text, "mix.json"), "mix.json");
}

TEST(ProblemJsonTest, WhatIsWrittenIsReadBack) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Problem problem = random_mix({.apps = 5, .streams = 2, .branchpoints = 4, .rates = 5, .seed = seed});
    problem.apps[1].weight = 2;
    problem.apps[2].min_f1 = 0.25;
    problem.apps[3].fixed_frozen = 64;
    const std::string text = to_json(problem);
    const Problem again = parse_problem(text, "problem");
    EXPECT_EQ(to_json(again), text);
    EXPECT_EQ(to_json(solve(again), again), to_json(solve(problem), problem));
  }
}

TEST(ProblemJsonTest, WhatIsNoProblemIsRefused) {
  EXPECT_NO_THROW((void)parse_problem(kGood, "mix.json"));
  expect_untrusted("", "");
  expect_untrusted("budget: 12", "");
  expect_untrusted("[]", "object");
  expect_untrusted(std::string(kGood).substr(0, 200), "");
  expect_untrusted(R"({"budget": NaN})", "");
  expect_untrusted(std::string(100'000, '['), "");
  EXPECT_ERROR(unreadable, read_problem("/nowhere/mix.json"), "/nowhere/mix.json");
}

TEST(ProblemJsonTest, NumbersOutOfRangeAreRefusedByName) {
  expect_untrusted(with("/budget", -1), "budget");
  expect_untrusted(with("/budget", "much"), "budget");
  expect_untrusted(with("/budget", nullptr), "budget");
  expect_untrusted(with("/stream_fps", 0), "stream_fps");
  expect_untrusted(with("/layer_costs/1", -2), "layer_costs[1]");
  expect_untrusted(with("/fps_options/0", 0), "fps_options[0]");
  expect_untrusted(with("/fps_options/2", 11), "fps_options[2] is 11, above the stream's 10");
  expect_untrusted(with("/fps_options/1", 1), "fps_options[1] is 1 after 1");
  expect_untrusted(with("/fps_options/1", 0.5), "frame rates must rise");
  expect_untrusted(with("/apps/0/event_length_ms", 0), "apps[0].event_length_ms");
  expect_untrusted(with("/apps/0/event_frequency", 1.5), "apps[0].event_frequency");
  expect_untrusted(with("/apps/0/correlation", -0.1), "apps[0].correlation");
  expect_untrusted(with("/apps/0/x_vote", 0), "apps[0].x_vote");
  expect_untrusted(with("/apps/0/x_vote", 1.5), "x_vote");
  expect_untrusted(with("/apps/0/weight", 0), "apps[0].weight");
  expect_untrusted(with("/apps/0/min_f1", 2), "apps[0].min_f1");
  expect_untrusted(with("/apps/0/candidates/1/frozen", 4), "apps[0].candidates[1].frozen");
  expect_untrusted(with("/apps/0/candidates/1/frozen", -1), "frozen");
  expect_untrusted(with("/apps/0/candidates/1/tpr", 1.01), "apps[0].candidates[1].tpr");
  expect_untrusted(with("/apps/1/options/0/fps", 12), "apps[1].options[0].fps");
  expect_untrusted(with("/apps/1/options/1/f1", -0.5), "apps[1].options[1].f1");
}

TEST(ProblemJsonTest, WhatIsMissingEmptyUnknownOrTwiceIsRefusedByName) {
  for (const char* key : {"budget", "stream_fps", "layer_costs", "fps_options", "apps"}) {
    expect_untrusted(without("", key), key);
  }
  for (const char* key :
       {"id", "event_length_ms", "event_frequency", "correlation", "x_vote", "candidates"}) {
    expect_untrusted(without("/apps/0", key), key);
  }
  expect_untrusted(without("/apps/0/candidates/0", "tpr"), "tpr");
  for (const char* list :
       {"/apps", "/layer_costs", "/fps_options", "/apps/0/candidates", "/apps/1/options"}) {
    expect_untrusted(with(list, Json::array()), "empty");
  }
  expect_untrusted(with("/colour", "red"), "colour");
  expect_untrusted(with("/apps/0/colour", "red"), "colour");
  expect_untrusted(with("/apps/1/id", "door"), "apps[1].id \"door\" stands twice");
  expect_untrusted(with("/apps/0/id", ""), "apps[0].id");
  expect_untrusted(with("/apps/0/candidates/1/frozen", 0), "apps[0].candidates[1].frozen 0 stands twice");
  expect_untrusted(with("/apps/1/options/1", Json::parse(R"({"frozen": 0, "fps": 1, "f1": 0.1})")),
                   "apps[1].options[1] repeats candidate 0 at 1 fps");
  std::string twice = kGood;
  twice.insert(1, "\"budget\": 3,");
  expect_untrusted(twice, "budget");
}

TEST(ProblemJsonTest, WhatPrecisionsStreamsAndMeasurementsSayIsChecked) {
  const auto measured = [](double first, double second) {
    return Json::array({Json{{"fps", first}, {"recall", 0.5}, {"precision", 0.5}, {"f1", 0.5}},
                        Json{{"fps", second}, {"recall", 0.5}, {"precision", 0.5}, {"f1", 0.5}}});
  };
  EXPECT_NO_THROW((void)parse_problem(with("/apps/0/candidates/1/measured", measured(1, 2)), "mix.json"));
  expect_untrusted(with("/apps/0/candidates/1/measured", measured(2, 1)),
                   "apps[0].candidates[1].measured[1].fps is 1 after 2");
  expect_untrusted(with("/apps/0/candidates/1/measured", measured(-1, 1)),
                   "apps[0].candidates[1].measured[0].fps");
  expect_untrusted(with("/apps/0/candidates/1/head_cost", -1), "apps[0].candidates[1].head_cost");
  expect_untrusted(with("/apps/0/candidates/1/tail_precision", "int8"), "tail_precision");
  expect_untrusted(with("/apps/0/stream", "cam"), "stream");
  expect_untrusted(with("/precisions", Json::array()), "only one can be given");
  Json json = Json::parse(kGood);
  json.erase("layer_costs");
  json["precisions"] = Json::parse(R"([{"precision": "f32", "layer_costs": [1, 2, 3]},
                                       {"precision": "int8", "layer_costs": [1, 2]}])");
  expect_untrusted(json.dump(), "layer_costs of int8 has 2 layers, f32 has 3");
  json["precisions"][1] = json["precisions"][0];
  expect_untrusted(json.dump(), "\"f32\" stands twice");
  json["precisions"] = Json::array();
  expect_untrusted(json.dump(), "layer_costs is missing");
}

// A program may put into a problem what no file can say.
TEST(ProblemTest, NotANumberIsRefusedByName) {
  const double nan = std::nan("");
  const auto expect_refused_with = [&](const char* field, const auto& change) {
    Problem problem = parse_problem(kGood, "mix.json");
    change(problem);
    EXPECT_ERROR(untrusted, validate(problem), field);
    EXPECT_ERROR(untrusted, solve(problem), field);
  };
  expect_refused_with("budget", [&](Problem& p) { p.budget = nan; });
  expect_refused_with("stream_fps", [&](Problem& p) { p.stems[0].stream_fps = nan; });
  expect_refused_with("fps_options[1]", [&](Problem& p) { p.stems[0].fps_options[1] = nan; });
  expect_refused_with("layer_costs[2]", [&](Problem& p) { p.stems[0].layer_costs[0].costs[2] = nan; });
  expect_refused_with("apps[0].weight", [&](Problem& p) { p.apps[0].weight = nan; });
  expect_refused_with("apps[0].min_fps", [&](Problem& p) { p.apps[0].min_fps = nan; });
  expect_refused_with("apps[0].max_fps", [&](Problem& p) { p.apps[0].max_fps = nan; });
  expect_refused_with("apps[0].min_f1", [&](Problem& p) { p.apps[0].min_f1 = nan; });
  expect_refused_with("apps[0].fixed_fps", [&](Problem& p) { p.apps[0].fixed_fps = nan; });
  expect_refused_with("apps[0].event_length_ms", [&](Problem& p) { p.apps[0].events.length_ms = nan; });
  expect_refused_with("apps[0].event_frequency", [&](Problem& p) { p.apps[0].events.frequency = nan; });
  expect_refused_with("apps[0].correlation", [&](Problem& p) { p.apps[0].events.correlation = nan; });
  expect_refused_with("candidates[0].tpr", [&](Problem& p) { p.apps[0].candidates[0].tpr = nan; });
  expect_refused_with("candidates[0].fpr", [&](Problem& p) { p.apps[0].candidates[0].fpr = nan; });
  expect_refused_with("candidates[0].head_cost",
                      [&](Problem& p) { p.apps[0].candidates[0].head_cost = nan; });
  expect_refused_with("options[0].fps", [&](Problem& p) { p.apps[1].options[0].fps = nan; });
  expect_refused_with("options[0].f1", [&](Problem& p) { p.apps[1].options[0].f1 = nan; });
  expect_refused_with("options[0].recall", [&](Problem& p) { p.apps[1].options[0].recall = nan; });
}

// Some thousand apps, each with a branchpoint and a rate of its own.
TEST(ProblemTest, WhatNeedsTablesWithoutEndIsRefused) {
  Problem problem = parse_problem(kGood, "mix.json");
  problem.stems[0].layer_costs[0].costs.assign(3000, 1.0);
  Problem::App app = problem.apps[1];
  app.options.resize(1);
  problem.apps.clear();
  for (int i = 0; i < 3000; ++i) {
    problem.apps.push_back(app);
    problem.apps.back().id = fmt::format("app{}", i);
    Problem::Option& option = problem.apps.back().options.front();
    option.frozen = i;
    option.fps = 1 + i * 1e-3;
  }
  EXPECT_ERROR(untrusted, validate(problem), "apps are too many together: 3000 of one stream");
}

TEST(ProblemJsonTest, CurvesThatWobbleAreNoError) {
  EXPECT_TRUE(solve(parse_problem(with("/apps/0/candidates/1/tpr", 0.95), "mix.json")).feasible);
}

TEST(ProblemJsonTest, TenMegabytesAreRead) {
  Problem problem = random_mix({.apps = 8000, .branchpoints = 16});
  const std::string text = to_json(problem);
  EXPECT_GT(text.size(), std::size_t{10} << 20);
  EXPECT_EQ(parse_problem(text, "mix.json").apps.size(), 8000U);
}

}  // namespace
}  // namespace mainstream
