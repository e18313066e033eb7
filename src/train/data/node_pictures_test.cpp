#include "train/data/node_pictures.hpp"

#include <fmt/format.h>

#include <memory>

#include "core/child_testing.hpp"
#include "core/file.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

EventRecord at(const std::string& id, const std::string& stream, int start_s, int end_s) {
  EventRecord event = record(id, EventChange::ended);
  event.stream = stream;
  event.start_time = WallTime(std::chrono::seconds(start_s));
  event.end_time = WallTime(std::chrono::seconds(end_s));
  return event;
}

TEST(OccasionTest, AreEventsOfAStreamThatFollowEachOther) {
  const std::vector<EventRecord> events = {at("c", "gate", 100, 130), at("a", "gate", 0, 10),
                                           at("b", "gate", 15, 20),   at("d", "yard", 100, 105),
                                           at("e", "gate", 150, 200), at("f", "gate", 139, 141)};
  // 5 s from a to b, 80 s to c, 9 s to f, 9 s to e; d is of another camera.
  EXPECT_THAT(occasions_of(events), testing::ElementsAre("c", "a", "a", "d", "c", "c"));
  const std::vector<EventRecord> apart = {at("a", "gate", 0, 10), at("b", "gate", 20, 30),
                                          at("c", "gate", 39, 50)};
  EXPECT_THAT(occasions_of(apart), testing::ElementsAre("a", "b", "b"));
}

// A store with events of an app, some of them judged.
class NodePicturesTest : public testing::Test {
 protected:
  NodePicturesTest() {
    Store store(store_in(state_));
    right_ = put_event(store, "queue", "picture of a right one");
    wrong_ = put_event(store, "queue", "picture of a wrong one");
    const std::string bare = put_event(store, "queue");
    (void)put_event(store, "queue", "nobody looked");
    near_ = put_near_miss(store, "queue", "picture of a near miss");
    (void)put_near_miss(store, "queue", "nobody looked");
    const std::string other = put_event(store, "other", "of another app");
    EXPECT_TRUE(store.flush(within(std::chrono::seconds(10))));
    EXPECT_TRUE(store.put(verdict(right_, Verdict::Kind::right)));
    EXPECT_TRUE(store.put(verdict(wrong_, Verdict::Kind::wrong)));
    EXPECT_TRUE(store.put(verdict(bare, Verdict::Kind::right)));
    EXPECT_TRUE(store.put(verdict(near_, Verdict::Kind::right)));
    EXPECT_TRUE(store.put(verdict(other, Verdict::Kind::right)));
    Verdict missed = verdict("missed-1", Verdict::Kind::missed);
    missed.app = "queue";
    missed.stream = "gate";
    EXPECT_TRUE(store.put(missed));
  }
  static Verdict verdict(const std::string& id, Verdict::Kind kind) {
    Verdict verdict;
    verdict.id = id;
    verdict.kind = kind;
    return verdict;
  }
  [[nodiscard]] NodePictures read(const std::string& place, const NodeAccess& access = {}) const {
    return read_node_pictures(place, "queue", access, folder_ / "pictures", {});
  }
  void expect_all(const NodePictures& found) const {
    ASSERT_EQ(found.pictures.size(), 3U);
    EXPECT_TRUE(found.pictures[0].positive);
    EXPECT_EQ(found.pictures[0].path, folder_ / "pictures" / (right_ + ".jpg"));
    EXPECT_EQ(read_file(found.pictures[0].path), "picture of a right one");
    EXPECT_FALSE(found.pictures[1].positive);
    EXPECT_EQ(read_file(found.pictures[1].path), "picture of a wrong one");
    EXPECT_TRUE(found.pictures[2].positive) << "an event was missed";
    EXPECT_EQ(read_file(found.pictures[2].path), "picture of a near miss");
    EXPECT_EQ(found.pictures[0].occasion, found.pictures[1].occasion) << "at the same moment";
    EXPECT_EQ(found.unjudged, 1);
    EXPECT_EQ(found.pictureless, 1);
  }

  TestFolder folder_;
  const std::filesystem::path state_ = folder_ / "state";
  std::string right_, wrong_, near_;
};

TEST_F(NodePicturesTest, AreReadFromAStateDirectory) {
  const NodePictures found = read(state_.string());
  expect_all(found);
  EXPECT_EQ(found.missed, 1);
  EXPECT_ERROR(unreadable, read((folder_ / "nowhere").string()), "nowhere");
}

TEST_F(NodePicturesTest, AreReadFromTheApiPageByPage) {
  const int port = free_port();
  const auto server = python_server("train/testdata/node_api.py", port, {state_.string(), "a token"});
  const std::string url = fmt::format("http://127.0.0.1:{}/", port);
  expect_all(read(url, {"a token", {}}));
  EXPECT_ERROR(unreadable, read(url), "expected an answer of 200, got 401; MAINSTREAM_TOKEN or --token-file");
  EXPECT_ERROR(usage, read("http://gate.lan/", {"a token", {}}), "others could read the token on the way");
  EXPECT_ERROR(unreadable, read("http://127.0.0.1:1"), "http://127.0.0.1:1: ");
}

}  // namespace
}  // namespace mainstream
