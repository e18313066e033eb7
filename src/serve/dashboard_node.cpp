// A real node with its API, for the browser test (script/test-dashboard): two cameras of a made picture and
// one that is down, and a mix with random weights, so that nothing but this repository is needed.
//   dashboard_node plain|hostile [TOKENS]    hostile: names are markup; TOKENS: a file of tokens
// It writes its port, then takes commands from standard input, one a line, and answers each with a line:
//   event        an event begins and ends, with a picture; its id
//   begin        one begins
//   end ID       and ends
//   away, back   the API goes, and comes back on the same port
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "core/log.hpp"
#include "media/pixels.hpp"
#include "serve/server.hpp"
#include "serve/testing.hpp"

namespace mainstream {
namespace {

struct Names {
  std::string gate, yard, roof, near, far;
};
constexpr const char* kMarkup = "<img src=x onerror=document.body.remove()>";

Names names_of(const std::string& kind) {
  if (kind == "plain") return {"gate", "yard", "roof", "near the road", "crossing"};
  return {std::string("gate ") + kMarkup, "<b>yard<b>", "roof", std::string("near ") + kMarkup,
          "<script>alert(1)"};
}

class DashboardNode {
 public:
  DashboardNode(const std::string& kind, std::filesystem::path tokens) : names_(names_of(kind)) {
    make_video("testsrc2=s=640x360:r=20:d=20", "gate.avi");
    make_video("testsrc=s=640x360:r=10:d=20", "yard.avi");
    serve_.port = 0;
    serve_.tokens = std::move(tokens);
    write_file(folder() / "node.toml", config());
    ConfigText text = read_config_text(folder() / "node.toml");
    CheckedConfig checked = check_config_text(text.text, folder());
    if (!checked.check.faults.empty())
      throw Error(ErrorKind::usage, message("node.toml", checked.check.faults.front()));
    control_ = std::make_unique<NodeControl>(std::move(text), std::move(checked));
    thread_ = std::jthread([this](const std::stop_token& stop) { control_->node().run(stop); });
    VideoReader reader((folder() / "gate.avi").string());
    const std::vector<std::uint8_t> jpeg = encode_jpeg(reader.next()->picture);
    jpeg_.assign(jpeg.begin(), jpeg.end());
  }

  int open() {
    server_ = std::make_unique<ApiServer>(*control_, serve_);
    return serve_.port = server_->port();
  }

  // The answer to a command; empty for an unknown one.
  std::string answer(const std::string& command) {
    if (command == "event") return end(begin());
    if (command == "begin") return begin();
    if (command == "near") return near();
    if (command.starts_with("end ")) return end(command.substr(4));
    if (command == "back") return std::to_string(open());
    if (command != "away") return {};
    server_.reset();
    return "away";
  }

 private:
  [[nodiscard]] const std::filesystem::path& folder() const { return mix_.folder.path(); }

  void make_video(const std::string& picture, const char* name) const {
    const std::string command = "ffmpeg -nostdin -y -v error -f lavfi -i " + picture + " -c:v mjpeg -q:v 4 " +
                                (folder() / name).string();
    if (std::system(command.c_str()) != 0) throw Error(ErrorKind::failed, command);
  }

  [[nodiscard]] std::string config() const {
    const auto stream = [](const std::string& name, const char* url) {
      return fmt::format("[[stream]]\nname = \"{}\"\nurl = \"{}\"\nloop = true\n", name, url);
    };
    const auto app = [](const std::string& name, const std::string& streams, char package, const char* more) {
      return fmt::format("[[app]]\nname = \"{}\"\nstream = [{}]\npackage = \"{}.mpkg\"\n{}", name, streams,
                         package, more);
    };
    const std::string gate = "\"" + names_.gate + "\"", yard = "\"" + names_.yard + "\"";
    return "[node]\nname = \"yard\"\nbases = \"base.onnx\"\ncache = \"cache\"\nworkers = 1\nthreads = 1\n"
           "[schedule]\nbudget = 300\n" +
           stream(names_.gate, "gate.avi") + stream(names_.yard, "yard.avi") +
           "[[stream]]\nname = \"roof\"\nurl = \"rtsp://127.0.0.1:1/nothing\"\n" +
           app(names_.near, gate + ", " + yard, 'a', "votes = 3\nthreshold = 0.9\n") +
           app(names_.far, gate, 'b', "votes = 2\n") + app("at night", gate, 'c', "enabled = false\n") +
           app("sky", "\"roof\"", 'c', "") +
           "[[sink]]\ntype = \"jsonl\"\nname = \"lines\"\npath = \"events.jsonl\"\n";
  }

  [[nodiscard]] EventRecord event(const std::string& id, EventChange change) const {
    EventRecord event;
    event.id = id;
    event.app = names_.near;
    event.stream = names_.gate;
    event.frames = {10, change == EventChange::begun ? 12 : 40};
    const auto now = wall_now();
    event.start_time = now - std::chrono::seconds(3);
    event.end_time = change == EventChange::begun ? event.start_time : now;
    event.peak_score = 0.93;
    event.seen = 12;
    event.positive = 11;
    event.change = change;
    return event;
  }
  std::string begin() {
    std::string id = control_->node().store().new_event_id();
    (void)control_->node().store().put(event(id, EventChange::begun), jpeg_);
    return id;
  }
  std::string near() {
    EventRecord near = event(control_->node().store().new_event_id(), EventChange::nearly);
    near.frames.last = near.frames.first;
    near.end_time = near.start_time;
    (void)control_->node().store().put(near, jpeg_);
    (void)control_->node().store().flush(within(std::chrono::seconds(5)));
    return near.id;
  }
  std::string end(const std::string& id) {
    (void)control_->node().store().put(event(id, EventChange::ended));
    (void)control_->node().store().flush(within(std::chrono::seconds(5)));
    return id;
  }

  const Names names_;
  TestMix mix_;
  ServeConfig serve_;
  std::string jpeg_;
  std::unique_ptr<NodeControl> control_;
  std::jthread thread_;  // ends before the node
  std::unique_ptr<ApiServer> server_;
};

int take_commands(int count, char** arguments) {
  set_log_level("warn");
  DashboardNode node(count > 1 ? arguments[1] : "plain", count > 2 ? arguments[2] : "");
  std::cout << node.open() << std::endl;
  for (std::string command; std::getline(std::cin, command);) std::cout << node.answer(command) << std::endl;
  return 0;
}

}  // namespace
}  // namespace mainstream

int main(int count, char** arguments) {
  try {
    return mainstream::take_commands(count, arguments);
  } catch (const std::exception& error) {
    std::cerr << "dashboard_node: " << error.what() << '\n';
    return 1;
  }
}
