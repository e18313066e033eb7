#include "package/manifest.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "core/json.hpp"
#include "core/testing.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

Json valid() {
  Manifest manifest = tiny_manifest(tiny_base());
  for (std::size_t i = 0; i < manifest.candidates.size(); ++i) {
    manifest.candidates[i].file = candidate_file(i);
    manifest.candidates[i].sha256 = std::string(64, 'a');
    manifest.candidates[i].size = 1000;
  }
  return Json::parse(to_json(manifest));
}

Manifest parse(const Json& json) {
  return parse_manifest(json.dump(), "m.json");
}

// The error after a change of the valid manifest.
std::string error_after(const std::function<void(Json&)>& change) {
  Json json = valid();
  change(json);
  try {
    (void)parse(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::untrusted) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(ManifestTest, KeepsHowScoresAreDistributed) {
  Json json = valid();
  const Json counts = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  json["candidates"][0]["scores"] = {{"positive", counts}, {"negative", counts}};
  const Manifest manifest = parse(json);
  ASSERT_TRUE(manifest.candidates[0].scores);
  EXPECT_EQ(manifest.candidates[0].scores->negative[15], 15);
  EXPECT_FALSE(manifest.candidates[1].scores) << "older packages have none";
  EXPECT_EQ(Json::parse(to_json(manifest)), json);
  const auto error = [](const Json& scores) {
    return error_after([&](Json& changed) { changed["candidates"][0]["scores"] = scores; });
  };
  EXPECT_THAT(error({{"positive", counts}}),
              testing::HasSubstr("candidates[0].scores: field \"negative\" is missing"));
  EXPECT_THAT(error({{"positive", {1, 2}}, {"negative", counts}}),
              testing::HasSubstr("expected 16 counts, got 2"));
  EXPECT_THAT(error({{"positive", std::vector<int>(16, 0)}, {"negative", counts}}),
              testing::HasSubstr("expected at least one score"));
  EXPECT_THAT(error({{"positive", std::vector<int>(16, -1)}, {"negative", counts}}),
              testing::HasSubstr("-1"));
}

TEST(ManifestTest, KeepsOnWhichClipItWasMeasured) {
  Json json = valid();
  EXPECT_FALSE(parse(json).measured_on) << "its figures are of its training";
  json["measured_on"] = {{"clip", "gate.mp4"},
                         {"sha256", std::string(64, 'b')},
                         {"frames", {{0, 99}, {200, 299}}},
                         {"fps", 12.5},
                         {"time", "2024-06-01T10:00:00Z"}};
  const Manifest manifest = parse(json);
  ASSERT_TRUE(manifest.measured_on);
  EXPECT_EQ(manifest.measured_on->clip, "gate.mp4");
  EXPECT_EQ(manifest.measured_on->frames, (std::vector<FrameRange>{{0, 99}, {200, 299}}));
  EXPECT_EQ(manifest.measured_on->fps, 12.5);
  EXPECT_EQ(Json::parse(to_json(manifest))["measured_on"], json["measured_on"]);
  const auto error = [&](const std::string& field, const Json& value) {
    return error_after([&](Json& changed) {
      changed["measured_on"] = json["measured_on"];
      changed["measured_on"][field] = value;
    });
  };
  EXPECT_THAT(error("frames", Json::array()), testing::HasSubstr("measured_on.frames: expected 1 to"));
  EXPECT_THAT(error("frames", {{5, 4}}), testing::HasSubstr("measured_on.frames[0][1]"));
  EXPECT_THAT(error("frames", {{0, 9}, {9, 12}}), testing::HasSubstr("measured_on.frames[1][0]"));
  EXPECT_THAT(error("sha256", "abc"), testing::HasSubstr("measured_on.sha256"));
  EXPECT_THAT(error("fps", 0), testing::HasSubstr("measured_on.fps"));
  EXPECT_THAT(error("time", "yesterday"), testing::HasSubstr("measured_on.time"));
  EXPECT_THAT(error("camera", 1), testing::HasSubstr("unknown field \"camera\""));
}

TEST(ManifestTest, ScoreBinsAreEvenOnTheLogitScale) {
  EXPECT_EQ(score_bin(0), 0U);
  EXPECT_EQ(score_bin(1), kScoreBins - 1);
  EXPECT_EQ(score_bin(0.4999), 7U);
  EXPECT_EQ(score_bin(0.5), 8U);
  EXPECT_EQ(score_bin(0.0009), 0U);
  EXPECT_EQ(score_bin(0.001), 1U);
  EXPECT_EQ(score_bin(0.9991), 15U);
}

TEST(ManifestTest, GivesBackWhatWasWritten) {
  const Json json = valid();
  const Manifest manifest = parse(json);
  EXPECT_EQ(Json::parse(to_json(manifest)), json);
  EXPECT_EQ(manifest.app, "person-left");
  EXPECT_EQ(manifest.hyperparameters.at("rate"), "0.001");
  EXPECT_EQ(manifest.event.origin, EventModel::Origin::measured);
  ASSERT_EQ(manifest.candidates.size(), 2U);
  EXPECT_EQ(manifest.candidates[0].threshold, 0.45F);
  EXPECT_EQ(manifest.candidates[1].id, "tail-2");
  EXPECT_EQ(manifest.candidates[1].kind, CandidateKind::tail);
  EXPECT_EQ(manifest.candidates[1].reads, std::vector<std::string>{"a"});
  EXPECT_EQ(manifest.candidates[1].tpr_interval, (Interval{0.6, 0.9}));
  ASSERT_EQ(manifest.candidates[1].measured.size(), 3U);
  EXPECT_EQ(manifest.candidates[1].measured[1].votes, 3);
  EXPECT_EQ(manifest.candidates[1].measured[2].f1, 0.847);
  EXPECT_EQ(manifest.candidates[1].ranges.at("a"), (Range{0, 1.5F}));
  const AnswerQuality* quality = manifest.candidates[1].quality({NumberType::int8, NumberType::f32});
  ASSERT_NE(quality, nullptr);
  EXPECT_EQ(quality->threshold, 0.5F);
  EXPECT_EQ(quality->measured.at(0).f1, 0.5);
  EXPECT_EQ(manifest.candidates[1].quality({NumberType::bf16, NumberType::bf16}), nullptr);
  EXPECT_EQ(manifest.candidates[0].quality({})->tpr, 0.8);
}

TEST(ManifestTest, TheTableOfEventsIsOptional) {
  Json json = valid();
  json["candidates"][0].erase("measured");
  EXPECT_TRUE(parse(json).candidates[0].measured.empty());
}

TEST(ManifestTest, EveryOtherFieldIsNeeded) {
  const Json whole = valid().flatten();
  for (const auto& item : whole.items()) {
    const Json::json_pointer pointer(item.key());
    if (item.key().find("hyperparameters") != std::string::npos) continue;
    const std::string last = pointer.back();
    if (std::isdigit(last[0]) != 0) continue;  // an element of a list
    const std::string error = error_after([&](Json& json) { json[pointer.parent_pointer()].erase(last); });
    EXPECT_EQ(error.rfind("m.json:", 0), 0U) << item.key() << ": " << error;
    EXPECT_NE(error.find("\"" + last + "\" is missing"), std::string::npos) << item.key() << ": " << error;
  }
}

TEST(ManifestTest, NoFieldMayBeOfAnotherType) {
  const Json whole = valid().flatten();
  for (const auto& item : whole.items()) {
    const std::string error =
        error_after([&](Json& json) { json[Json::json_pointer(item.key())] = Json::array({true}); });
    EXPECT_EQ(error.rfind("m.json:", 0), 0U) << item.key() << ": " << error;
  }
}

TEST(ManifestTest, RefusesUnknownFieldsAtEveryLevel) {
  for (const char* place :
       {"", "/base", "/base/input", "/trainer", "/event", "/candidates/0", "/candidates/1/measured/0",
        "/candidates/1/precisions/0", "/candidates/1/ranges/0"}) {
    EXPECT_THAT(error_after([&](Json& json) { json[Json::json_pointer(place)]["surprise"] = 1; }),
                testing::HasSubstr("unknown field \"surprise\""))
        << place;
  }
}

struct BadValue {
  const char* place;
  Json value;
  const char* message;
};

TEST(ManifestTest, RefusesWhatIsOutOfRange) {
  const BadValue cases[] = {
      {"/format", 3, "format: expected format 1 or 2, got 3"},
      {"/format", "1", "format: expected format 1 or 2, got \"1\""},
      {"/app", "", "app: expected 1 to 200 bytes"},
      {"/app", "../up", "app: must not contain /"},
      {"/app", "a\nb", "app: must not contain control characters"},
      {"/base/id", "12", "base.id: expected a sha256"},
      {"/base/id", std::string(64, 'G'), "base.id: expected a sha256"},
      {"/base/input/width", 0, "base.input.width: expected a whole number from 1"},
      {"/base/input/width", 1e12, "base.input.width"},
      {"/base/input/channels", "grey", "expected one of: rgb, bgr; got \"grey\""},
      {"/base/input/scale", Json::array({1, 0, 1}), "base.input.scale[1]: must not be 0"},
      {"/base/input/mean", Json::array({1, 2}), "base.input.mean: expected 3 numbers"},
      {"/classes", Json::array({"yes"}), "classes: expected at least 2"},
      {"/classes/0", "yes", "classes[1]: is a duplicate of \"yes\""},
      {"/positive", Json::array(), "positive: expected at least 1"},
      {"/positive/0", "maybe", "positive[0]: is not one of the classes"},
      {"/positive", Json::array({"no", "yes"}), "positive: must leave out"},
      {"/created", "yesterday", "created: expected a time like"},
      {"/trainer/seed", -1, "trainer.seed: expected a whole number"},
      {"/trainer/hyperparameters/epochs", 3, "trainer.hyperparameters.epochs: expected a string"},
      {"/event/origin", "guessed", "event.origin: expected one of: measured, given, defaults"},
      {"/event/length_ms", -1, "event.length_ms"},
      {"/event/length_ms", std::nan(""), "event.length_ms: expected a number"},  // NaN is written as null
      {"/event/frequency", 1.01, "event.frequency: expected a number from 0 to 1, got 1.01"},
      {"/event/correlation", -0.1, "event.correlation"},
      {"/event/votes", 0, "event.votes: expected a whole number from 1"},
      {"/event/votes", 1.5, "event.votes"},
      {"/event/merge_gap_ms", 1e300, "event.merge_gap_ms"},
      {"/candidates", Json::array(), "candidates: expected 1 to 1000"},
      {"/candidates/0/frozen_layers", -1, "candidates[0].frozen_layers"},
      {"/candidates/1/frozen_layers", 6, "candidates[1].frozen_layers: must not rise"},
      {"/candidates/0/frozen_fraction", 1.5, "candidates[0].frozen_fraction"},
      {"/candidates/0/file", "../../etc/passwd", "candidates[0].file: expected \"candidates/00.onnx\""},
      {"/candidates/1/file", "candidates/00.onnx", "candidates[1].file: expected \"candidates/01.onnx\""},
      {"/candidates/0/size", 0, "candidates[0].size"},
      {"/candidates/0/size", INT64_MAX, "candidates[0].size"},
      {"/candidates/0/head", "round", "candidates[0].head: expected \"average\" or \"spatial\""},
      {"/candidates/0/threshold", 2, "candidates[0].threshold"},
      {"/candidates/0/tpr", 1.0001, "candidates[0].tpr"},
      {"/candidates/0/fpr", -1e-9, "candidates[0].fpr"},
      {"/candidates/0/top1", "0.9", "candidates[0].top1"},
      {"/candidates/0/id", "../b", "candidates[0].id: expected 1 to 64 letters"},
      {"/candidates/1/id", "tail-5", "candidates[1]: duplicate id \"tail-5\""},
      {"/candidates/0/kind", "stem", "candidates[0].kind: expected one of: exit, tail; got \"stem\""},
      {"/candidates/0/reads", Json::array({"a"}),
       "candidates[0].reads: must end with the branchpoint, \"b\""},
      {"/candidates/0/reads", Json::array({"a", "b"}), "candidates[0].reads: expected 1 element for a tail"},
      {"/candidates/0/reads", Json::array(), "candidates[0].reads: expected at least 1"},
      {"/candidates/0/tpr_interval", Json::array({0.9, 0.6}),
       "candidates[0].tpr_interval: the first number must not exceed"},
      {"/candidates/0/fpr_interval", Json::array({0.9}), "candidates[0].fpr_interval: expected 2 numbers"},
      {"/candidates/0/measured/0/votes", 0, "candidates[0].measured[0].votes"},
      {"/candidates/0/measured/0/f1_error", -1, "candidates[0].measured[0].f1_error"},
      {"/candidates/0/measured/2/fps", 1, "candidates[0].measured[2]: must come after"},
      {"/candidates/0/measured/0/fps", 0, "candidates[0].measured[0].fps"},
      {"/candidates/0/measured/0/f1", 7, "candidates[0].measured[0].f1"},
      {"/candidates/1/precisions/0/stem", "f16",
       "precisions[0].stem: expected f32, bf16 or int8, got \"f16\""},
      {"/candidates/1/precisions/0/stem", "f32", "candidates[1].precisions[0]: must not be f32 twice"},
      {"/candidates/1/precisions/0/tail", "int8", "candidates[1].precisions[1]: is a duplicate of"},
      {"/candidates/1/precisions/1/fpr", 2, "candidates[1].precisions[1].fpr"},
      {"/candidates/1/frozen_layers", 0, "precisions[0].stem: must be f32: the candidate has no frozen"},
      {"/candidates/1/ranges", Json::array(), "precisions[1].tail: is int8, but the candidate has no"},
      {"/candidates/1/ranges/0/low", 1, "candidates[1].ranges[0].low"},
      {"/candidates/1/ranges/1/tensor", "a", "candidates[1].ranges[1].tensor: duplicate tensor"},
  };
  for (const BadValue& bad : cases) {
    EXPECT_THAT(error_after([&](Json& json) { json[Json::json_pointer(bad.place)] = bad.value; }),
                testing::HasSubstr(bad.message))
        << bad.place;
  }
}

// Format 1: no ids, and event tables of the older score.
TEST(ManifestTest, ReadsFormat1WithoutItsEventTables) {
  Json json = valid();
  json["format"] = 1;
  const auto age = [](Json& quality) {
    for (const char* field : {"tpr_interval", "fpr_interval", "measured"}) quality.erase(field);
    quality["by_fps"] = Json::array({{{"fps", 1}, {"recall", 1}, {"precision", 1}, {"f1", 1}}});
  };
  for (Json& candidate : json["candidates"]) {
    for (const char* field : {"id", "kind", "reads"}) candidate.erase(field);
    age(candidate);
    if (candidate.contains("precisions")) {
      for (Json& quality : candidate["precisions"]) age(quality);
    }
  }
  const Manifest manifest = parse(json);
  EXPECT_EQ(manifest.candidate("tail-5").branchpoint, "b");
  EXPECT_EQ(manifest.candidate("tail-2").reads, std::vector<std::string>{"a"});
  EXPECT_TRUE(manifest.candidates[0].measured.empty());
  EXPECT_EQ(manifest.candidates[0].tpr, 0.8);
  EXPECT_EQ(manifest.candidates[0].tpr_interval, (Interval{0, 1}));
  EXPECT_ERROR(usage, manifest.candidate("exit-5"),
               "has no candidate \"exit-5\"; expected one of: tail-5, tail-2");
  json["candidates"][0]["id"] = "tail-5";
  EXPECT_ERROR(untrusted, parse(json), "unknown field \"id\"");
}

TEST(ManifestTest, RefusesWhatIsNotJson) {
  const std::string text = valid().dump();
  EXPECT_ERROR(untrusted, parse_manifest("", "m.json"), "m.json: not JSON");
  EXPECT_ERROR(untrusted, parse_manifest("[]", "m.json"), "m.json: expected an object");
  EXPECT_ERROR(untrusted, parse_manifest("{\"app\": \"\xff\"}", "m.json"), "m.json: not JSON");
  for (std::size_t size = 0; size < text.size(); size += 7) {
    EXPECT_ERROR(untrusted, parse_manifest(text.substr(0, size), "m.json"), "m.json: not JSON");
  }
}

// Such names would reach terminals: U+009B begins a control sequence, U+202E turns the text around.
TEST(ManifestTest, RefusesNamesThatControlATerminal) {
  for (const char* name : {"a\xc2\x9b"
                           "31m",
                           "a\xe2\x80\xae", "a\n", "a\xe2\x80\xa8"}) {
    Json json = valid();
    json["app"] = name;
    EXPECT_ERROR(untrusted, parse(json),
                 "app: must not contain control characters or invisible ones, got \\");
    json = valid();
    json["base"]["name"] = name;
    EXPECT_ERROR(untrusted, parse(json), "base.name: must not contain control characters");
  }
}

TEST(ManifestTest, ManyFieldsTakeLinearTime) {
  Json json = valid();
  std::string fields;
  for (int i = 0; i < 150'000; ++i) fields += fmt::format("\"k{}\":\"\",", i);
  std::string text = json.dump();
  text.insert(text.find("\"hyperparameters\":{") + 19, fields);
  const double start = processor_seconds();
  EXPECT_GT(parse_manifest(text, "m.json").hyperparameters.size(), 149'999U);
  EXPECT_LT(processor_seconds() - start, 10);
}

TEST(ManifestTest, WritingRefusesTextThatIsNotUtf8) {
  Manifest manifest = tiny_manifest(tiny_base());
  manifest.app = "caf\xe9";
  EXPECT_ERROR(usage, to_json(manifest), "not UTF-8");
}

}  // namespace
}  // namespace mainstream
