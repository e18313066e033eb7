// A real node that plays a clip, with its store, as tests of the API need it.
#pragma once

#include <memory>

#include "media/pixels.hpp"
#include "run/testing.hpp"
#include "serve/node_view.hpp"
#include "store/testing.hpp"

namespace mainstream {

inline std::string jpeg_of(const std::filesystem::path& clip) {
  VideoReader reader(clip.string());
  const std::vector<std::uint8_t> jpeg = encode_jpeg(reader.next()->picture);
  return {jpeg.begin(), jpeg.end()};
}

// Streams "gate" and "roof", which has no source; apps "gate-a" and "roof-b".
class TestNode : public NodeView {
 public:
  TestNode() : store_(store_in(folder_ / "state")) {
    const std::string command = "ffmpeg -nostdin -y -v error -stream_loop 100 -i " + mix_.clip().string() +
                                " -c copy " + clip().string();
    if (std::system(command.c_str()) != 0) throw Error(ErrorKind::failed, command);
    jpeg_ = jpeg_of(clip());
    NodeSetup setup;
    setup.bases = {mix_.base_path()};
    setup.streams = {stream("gate", clip()), stream("roof", "/nowhere.avi")};
    setup.apps = {app("gate-a", "gate", 'a'), app("roof-b", "roof", 'b')};
    NodeOptions options;
    options.workers = options.threads = 1;
    options.cache = folder_ / "cache";
    options.sinks = {[this](const EventRecord& event, const std::string&) { keep(event); }};
    node_ = std::make_unique<EdgeNode>(setup, options);
    node_->start();
    store_.put(PlanRecord{.plan = 1,
                          .time = WallTime(std::chrono::milliseconds(1715934600250)),
                          .reason = "app added: gate-a",
                          .schedule = R"({"format": 1})"});
  }
  ~TestNode() override { node_->stop(); }

  [[nodiscard]] NodeState state() const override { return node_->state(); }
  [[nodiscard]] std::optional<std::string> latest_jpeg(const std::string& stream) const override {
    return stream == "gate" ? std::optional(jpeg_) : std::nullopt;
  }
  [[nodiscard]] std::vector<SinkState> sinks() const override { return {sink_.state()}; }
  [[nodiscard]] Store& store() override { return store_; }

  [[nodiscard]] const std::string& jpeg() const { return jpeg_; }

 private:
  [[nodiscard]] static NodeStream stream(const std::string& name, const std::filesystem::path& source) {
    NodeStream stream;
    stream.name = name;
    stream.source = source.string();
    return stream;
  }
  [[nodiscard]] NodeApp app(const std::string& id, const std::string& stream, char package) const {
    NodeApp app;
    app.id = id;
    app.stream = stream;
    app.package = mix_.folder / (std::string(1, package) + ".mpkg");
    return app;
  }
  [[nodiscard]] std::filesystem::path clip() const { return mix_.folder / "long.avi"; }
  // An event of the node that is over, in the store, with a picture.
  void keep(EventRecord event) {
    if (!event.over()) return;
    event.id = store_.new_event_id();
    event.change = EventChange::ended;
    (void)store_.put(event, jpeg_);
  }

  TestMix mix_;
  TestFolder folder_;
  std::string jpeg_;
  Store store_;
  SinkRunner sink_{store_, make_json_lines_sink({.path = folder_ / "events.jsonl"}), {.name = "lines"}};
  std::unique_ptr<EdgeNode> node_;
};

}  // namespace mainstream
