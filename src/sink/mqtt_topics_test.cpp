#include "sink/mqtt_topics.hpp"

#include "core/json.hpp"
#include "sink/home_assistant.hpp"
#include "sink/testing.hpp"

namespace mainstream {
namespace {

TEST(MqttTopicsTest, NamesThatWouldChangeATopicAreRefused) {
  check_topic_name("app", "near road \xC3\xBC");
  for (const char* name : {"a/b", "+", "a#", "#"}) {
    EXPECT_ERROR(usage, check_topic_name("app", name),
                 "app name: expected no /, + and #, which MQTT's topics use");
  }
  for (const char* name : {"a\nb", "\x7F", "a\xC2\x9B"}) {
    EXPECT_ERROR(usage, check_topic_name("stream", name),
                 "stream name: expected no control characters, got \"");
  }
  EXPECT_ERROR(usage, check_topic_name("app", "\xFF"), "expected UTF-8");
  EXPECT_ERROR(usage, check_topic_name("app", ""), "expected 1 to 200 bytes, got \"\"");
  EXPECT_ERROR(usage, check_topic_name("app", std::string(201, 'a')), "expected 1 to 200 bytes");
  EXPECT_ERROR(usage, check_topic_name("app", "enabled"), "expected another word than enabled");
  EXPECT_ERROR(usage, check_topic_name("node", "fleet"), "expected another word than fleet");
  EXPECT_NO_THROW(check_topic_name("stream", "fleet"));
  EXPECT_ERROR(usage, MqttTopics("a/b"), "node name");
}

TEST(MqttTopicsTest, CommandsNameAnAppAndSayOnOrOff) {
  const MqttTopics topics("shop");
  const auto command = topics.command("mainstream/shop/near road/enabled/set", "OFF");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->app, "near road");
  EXPECT_FALSE(command->enabled);
  EXPECT_TRUE(topics.command(topics.set_enabled("x"), "ON")->enabled);
  for (const char* topic :
       {"mainstream/shop/enabled/set", "mainstream/shop//enabled/set", "mainstream/shop/a/b/enabled/set",
        "mainstream/other/a/enabled/set", "mainstream/shop/a/enabled/state", ""}) {
    EXPECT_FALSE(topics.command(topic, "ON")) << topic;
  }
  EXPECT_ERROR(untrusted, topics.command(topics.set_enabled("x"), "maybe\n"),
               "mqtt: \"x\"/enabled/set: expected ON or OFF, got \"maybe\\x0a\"");
}

TEST(HomeAssistantTest, DescribesADeviceWithFourComponentsForEachApp) {
  const MqttTopics topics("shop");
  const std::vector<MqttSink::App> apps = {{"near road", "gate"}, {"near road", "yard"}};
  const std::vector<MqttSink::App> removed = {{"crowd", "gate"}, {"near road", "roof"}};
  const Json json = Json::parse(discovery_payload(topics, "shop", apps, removed));
  EXPECT_EQ(json["device"]["identifiers"][0], "mainstream_shop");
  EXPECT_EQ(json["availability"][0]["topic"], "mainstream/shop/available");
  const Json& components = json["components"];
  EXPECT_EQ(components.size(), 3U + 3U + 1U + 4U + 3U);
  const Json& sensor = components["mainstream/shop/gate/near road/state"];
  EXPECT_EQ(sensor["platform"], "binary_sensor");
  EXPECT_EQ(sensor["unique_id"], "mainstream/shop/gate/near road/state");
  EXPECT_EQ(sensor["state_topic"], "mainstream/shop/gate/near road/state");
  EXPECT_EQ(components["mainstream/shop/gate/near road/event"]["platform"], "event");
  EXPECT_EQ(components["mainstream/shop/gate/near road/snapshot"]["image_topic"],
            "mainstream/shop/gate/near road/snapshot");
  EXPECT_EQ(components["mainstream/shop/near road/enabled/state"]["command_topic"],
            "mainstream/shop/near road/enabled/set");
  // What is gone has its platform alone; the switch of an app that is elsewhere stays.
  EXPECT_EQ(components["mainstream/shop/gate/crowd/state"], Json({{"platform", "binary_sensor"}}));
  EXPECT_EQ(components["mainstream/shop/crowd/enabled/state"], Json({{"platform", "switch"}}));
}

TEST(HomeAssistantTest, ItsTopicHasOnlyCharactersThatItAllows) {
  EXPECT_EQ(discovery_topic("shop-1"), "homeassistant/device/shop-1/config");
  EXPECT_THAT(discovery_topic("my shop"),
              testing::MatchesRegex("homeassistant/device/my_shop_[0-9a-f]{8}/config"));
  EXPECT_NE(discovery_topic("my shop"), discovery_topic("my.shop"));
}

}  // namespace
}  // namespace mainstream
