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
    Problem::Candidate& exit = problem.apps[4].candidates[1];
    exit.id = "exit-9-14";
    exit.kind = Problem::Candidate::Kind::exit;
    exit.levels = 2;
    exit.own_cost = 0.25;
    exit.measured = {{1, {0.5, 0.5, 0.5}, 1, 0.1}, {1, {0.6, 0.6, 0.6}, 3, 0}};
    exit.modelled = true;
    problem.stems[1].low_rates_alone = false;
    problem.apps[4].fixed_candidate = "exit-9-14";
    const std::string text = to_json(problem);
    const Problem again = parse_problem(text, "problem");
    EXPECT_EQ(to_json(again), text);
    EXPECT_TRUE(again.apps[4].candidates[1].modelled);
    EXPECT_EQ(std::ranges::count(again.stems, false, &Problem::Stem::low_rates_alone), 1);
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
  expect_untrusted(with("/apps/1/id", "door"), "apps[1].id \"door\" is a duplicate");
  expect_untrusted(with("/apps/0/id", ""), "apps[0].id");
  expect_untrusted(with("/apps/0/candidates/1/frozen", 0), "apps[0].candidates[1].frozen 0 is a duplicate");
  expect_untrusted(with("/apps/1/options/1", Json::parse(R"({"frozen": 0, "fps": 1, "f1": 0.1})")),
                   "apps[1].options[1] repeats candidate 0 at 1 fps");
  std::string twice = kGood;
  twice.insert(1, "\"budget\": 3,");
  expect_untrusted(twice, "budget");
}

TEST(ProblemJsonTest, WhatNumberTypesStreamsAndMeasurementsSayIsChecked) {
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
  expect_untrusted(with("/precisions", Json::array()),
                   "has layer_costs and precisions, expected one of them");
  Json json = Json::parse(kGood);
  json.erase("layer_costs");
  json["precisions"] = Json::parse(R"([{"precision": "f32", "layer_costs": [1, 2, 3]},
                                       {"precision": "int8", "layer_costs": [1, 2]}])");
  expect_untrusted(json.dump(), "layer_costs of int8 has 2 layers, expected 3 as f32 has");
  json["precisions"][1] = json["precisions"][0];
  expect_untrusted(json.dump(), "has \"f32\" twice");
  json["precisions"] = Json::array();
  expect_untrusted(json.dump(), "layer_costs is missing");
}

TEST(ProblemJsonTest, WhatIsSaidOfCandidatesIsChecked) {
  const auto second = [](const char* candidate) {
    return with("/apps/0/candidates/1", Json::parse(candidate));
  };
  const auto measured = [&](const std::string& rows) {
    return second((R"({"frozen": 3, "tpr": 0.8, "fpr": 0.1, "measured": [)" + rows + "]}").c_str());
  };
  const std::string row =
      R"({"fps": 2, "votes": 3, "recall": 0.5, "precision": 0.5, "f1": 0.5, "f1_error": 0.1})";
  EXPECT_NO_THROW((void)parse_problem(
      second(
          R"({"id": "exit-0", "kind": "exit", "levels": 1, "frozen": 0, "tpr": 1, "fpr": 0, "own_cost": 0})"),
      "mix.json"));
  EXPECT_NO_THROW((void)parse_problem(measured(row), "mix.json"));
  expect_untrusted(second(R"({"id": "0", "frozen": 3, "tpr": 0.8, "fpr": 0.1})"),
                   "apps[0].candidates[1].id \"0\" is a duplicate");
  expect_untrusted(second(R"({"frozen": 0, "tpr": 0.8, "fpr": 0.1})"), "need ids");
  expect_untrusted(second(R"({"id": "", "frozen": 3, "tpr": 0.8, "fpr": 0.1})"), "is empty; leave it out");
  expect_untrusted(second(R"({"kind": "door", "frozen": 3, "tpr": 0.8, "fpr": 0.1})"),
                   "unknown kind \"door\", expected tail or exit");
  expect_untrusted(second(R"({"levels": 0, "frozen": 3, "tpr": 0.8, "fpr": 0.1})"),
                   "apps[0].candidates[1].levels");
  expect_untrusted(second(R"({"own_cost": -1, "frozen": 3, "tpr": 0.8, "fpr": 0.1})"),
                   "apps[0].candidates[1].own_cost");
  expect_untrusted(measured(row + "," + row),
                   "apps[0].candidates[1].measured[1] has 3 votes after 3 at 2 fps");
  expect_untrusted(measured(R"({"fps": 2, "votes": 0, "recall": 0.5, "precision": 0.5, "f1": 0.5})"),
                   "measured[0].votes");
  expect_untrusted(measured(R"({"fps": 2, "f1_error": -1, "recall": 0.5, "precision": 0.5, "f1": 0.5})"),
                   "f1_error");
  expect_untrusted(with("/apps/0/fixed_candidate", ""), "apps[0].fixed_candidate is empty");
  expect_untrusted(with("/apps/1/options/0/votes", 0), "apps[1].options[0].votes");
  expect_untrusted(with("/apps/1/options/1/candidate", "0"),
                   "apps[1].options[1].frozen is 3, and 0 elsewhere");
}

TEST(ProblemJsonTest, EntriesOfOneCandidateDifferInNumberTypesOnly) {
  Problem problem = parse_problem(kGood, "mix.json");
  problem.stems[0].layer_costs.push_back({"int8", {1, 1, 1}});
  auto& candidates = problem.apps[0].candidates;
  candidates[1].id = "tail";
  candidates.push_back(candidates[1]);
  candidates[2].tail_type = 1;
  EXPECT_NO_THROW(validate(problem));
  candidates[2].frozen = 2;
  EXPECT_ERROR(untrusted, validate(problem), "apps[0].candidates[2] differs from another entry of \"tail\"");
}

TEST(ProblemJsonTest, SchedulesNameCandidatesAndVotes) {
  const Problem problem = parse_problem(kGood, "mix.json");
  const Json json = parse_json(to_json(solve(problem), problem), "schedule");
  EXPECT_EQ(json["apps"][0]["candidate"], std::to_string(json["apps"][0]["frozen"].get<int>()));
  EXPECT_EQ(json["apps"][0]["votes"], 1);
  EXPECT_FALSE(json.contains("spent"));
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
  EXPECT_ERROR(untrusted, validate(problem), "apps need too large tables: 3000 apps of one stream");
  problem.apps.resize(2);
  for (int i = 0; i < 3000; ++i) {
    problem.apps[0].options.push_back(problem.apps[0].options[0]);
    problem.apps[0].options.back().candidate = fmt::format("one-{}", i);
  }
  EXPECT_NO_THROW(validate(problem));
  problem.stems[0].fps_options.clear();
  for (int i = 1; i <= 1000; ++i) problem.stems[0].fps_options.push_back(0.01 * i);
  EXPECT_ERROR(untrusted, validate(problem), "up to 3001 candidates in one place");
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
