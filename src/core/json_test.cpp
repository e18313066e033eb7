#include "core/json.hpp"

#include <gtest/gtest.h>

#include "core/testing.hpp"

namespace mainstream {
namespace {

TEST(JsonTest, ErrorsNameTheField) {
  const Json document = parse_json(R"({"apps": [{"tpr": 1.5, "id": 3}]})", "p.json");
  const JsonField root(document, "p.json:");
  EXPECT_ERROR(untrusted, root["apps"].at(0)["tpr"].number(0, 1),
               "p.json: apps[0].tpr: expected a number from 0 to 1, got 1.5");
  EXPECT_ERROR(untrusted, root["apps"].at(0)["id"].text(), "p.json: apps[0].id: expected a string, got 3");
  EXPECT_ERROR(untrusted, root["budget"], "p.json: field \"budget\" is missing");
  EXPECT_ERROR(untrusted, root.allow_only({"app", "budget"}),
               "unknown field \"apps\"; did you mean \"app\"?");
}

TEST(JsonTest, RefusesWhatIsNotJson) {
  EXPECT_ERROR(untrusted, parse_json("{\"a\": 1", "x"), "x: not JSON");
  EXPECT_ERROR(untrusted, parse_json("{\"a\": NaN}", "x"), "x: not JSON");
  EXPECT_ERROR(untrusted, parse_json("{\"a\": NaN}", "x"), "in or after field \"a\"");
  EXPECT_ERROR(untrusted, parse_json("{\"a\": 1, \"b\": [1e999]}", "x"), "in or after field \"b\"");
  EXPECT_ERROR(untrusted, parse_json(R"({"a": 1, "a": 2})", "x"), "x: duplicate field \"a\"");
  EXPECT_ERROR(untrusted, parse_json(std::string(100, '['), "x"), "x: nested deeper than 64");
}

TEST(JsonTest, FloatsKeepTheirValueInFewDigits) {
  EXPECT_EQ(shortest_number(0.1F).dump(), "0.1");
  for (const float x : {1 / 127.5F, 1 / 255.F, 123.675F, -1e-30F}) {
    const Json back = parse_json(shortest_number(x).dump(), "x");
    EXPECT_EQ(static_cast<float>(back.get<double>()), x);
  }
}

TEST(JsonTest, TextsFromOutsideAreQuotedOnOneLine) {
  EXPECT_EQ(in_quotes("a\nb\x1b[2J\x7f"), R"("a\nb\u001b[2J\u007f")");
  EXPECT_EQ(in_quotes("\xff"), R"("\ufffd")");
}

}  // namespace
}  // namespace mainstream
