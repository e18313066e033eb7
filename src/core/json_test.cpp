#include "core/json.hpp"

#include <fmt/format.h>
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

// A hostile file costs time and memory in proportion to its size, and a message stays short.
TEST(JsonTest, ManyFieldsTakeLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += fmt::format("{}\"k{}\":1", i == 0 ? "" : ",", i);
  text += "}";
  const double start = processor_seconds();
  const Json document = parse_json(text, "x");
  EXPECT_ERROR(untrusted, JsonField(document, "x:").allow_only({"apps"}), "x: unknown field \"k0\"");
  std::size_t fields = 0;
  JsonField(document, "x:").for_each([&](const std::string&, const JsonField& value) {
    fields += static_cast<std::size_t>(value.integer(0, 1));
  });
  EXPECT_EQ(fields, 300'000U);
  // Quadratic time would be more than a minute.
  EXPECT_LT(processor_seconds() - start, 10);
}

TEST(JsonTest, RefusesTooManyValues) {
  std::string text = "[1";
  for (int i = 0; i < 4'000'000; ++i) text += ",1";
  EXPECT_ERROR(untrusted, parse_json(text + "]", "x"), "x: has more than 4000000 values");
}

TEST(JsonTest, MessagesStayShort) {
  const std::string name(1'000'000, 'n');
  const Json document = parse_json("{\"" + name + "\": 1, \"text\": \"" + name + "\"}", "x");
  const JsonField root(document, "x:");
  const auto length = [](const auto& read) {
    try {
      read();
    } catch (const Error& error) {
      return std::string(error.what()).size();
    }
    return std::size_t{0};
  };
  EXPECT_THAT(length([&] { root.allow_only({"text"}); }), testing::AllOf(testing::Gt(0U), testing::Lt(500U)));
  EXPECT_THAT(length([&] { (void)root["text"].number(0, 1); }),
              testing::AllOf(testing::Gt(0U), testing::Lt(500U)));
  EXPECT_THAT(length([&] { (void)root[name].text(); }), testing::AllOf(testing::Gt(0U), testing::Lt(500U)));
  EXPECT_THAT(length([&] { (void)parse_json("[" + name, "x"); }),
              testing::AllOf(testing::Gt(0U), testing::Lt(500U)));
}

TEST(JsonTest, FloatsKeepTheirValueInFewDigits) {
  EXPECT_EQ(shortest_number(0.1F).dump(), "0.1");
  for (const float x : {1 / 127.5F, 1 / 255.F, 123.675F, -1e-30F}) {
    const Json back = parse_json(shortest_number(x).dump(), "x");
    EXPECT_EQ(static_cast<float>(back.get<double>()), x);
  }
}

TEST(JsonTest, TextsFromOutsideAreQuotedOnOneLine) {
  EXPECT_EQ(in_quotes("a\nb\x1b[2J\x7f"), R"("a\x0ab\x1b[2J\x7f")");
  EXPECT_EQ(in_quotes("\xff"), R"("\xff")");
}

TEST(JsonTest, AFieldKeepsItsDocument) {
  const JsonField list = read_json(R"({"a": {"list": [1, {"b": "c"}]}})", "m.json")["a"]["list"];
  const JsonField inner = list.at(1);
  EXPECT_EQ(inner["b"].text(), "c");
  EXPECT_ERROR(untrusted, inner["b"].number(0, 1),
               "m.json: a.list[1].b: expected a number from 0 to 1, got \"c\"");
}

TEST(JsonTest, TextIsUtf8OrRefused) {
  const Json names = {"caf\xc3\xa9", 1.5};
  EXPECT_EQ(json_text(names), "[\"caf\xc3\xa9\",1.5]");
  EXPECT_EQ(json_text(names, 1), "[\n \"caf\xc3\xa9\",\n 1.5\n]");
  EXPECT_EQ(strict_json_text(names), json_text(names));
  const Json broken = {"caf\xe9"};
  EXPECT_EQ(json_text(broken), "[\"caf\xef\xbf\xbd\"]");
  EXPECT_EQ(strict_json_text(broken), std::nullopt);
}

}  // namespace
}  // namespace mainstream
