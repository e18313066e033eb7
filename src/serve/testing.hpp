// A real node that plays a clip, as tests of the API need it.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <thread>

#include "core/json.hpp"
#include "node/control.hpp"
#include "run/testing.hpp"
#include "store/testing.hpp"

namespace mainstream {

inline ServeConfig any_port() {
  ServeConfig config;
  config.port = 0;
  return config;
}

// A socket on which a test writes what no client library would.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<std::uint16_t>(port));
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  void finish() { ::shutdown(socket_, SHUT_WR); }
  // Reads until `part` has come, the other side closes, or the time is over; gives all that was read so far.
  const std::string& read_until(const std::string& part, std::chrono::milliseconds most = kPatience) {
    const auto end = within(most);
    while (text_.find(part) == std::string::npos && !closed_ && std::chrono::steady_clock::now() < end) {
      timeval wait{0, 50'000};
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
      std::array<char, 4096> bytes{};
      const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
      if (count > 0) text_.append(bytes.data(), static_cast<std::size_t>(count));
      closed_ = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    }
    return text_;
  }
  const std::string& read_all() { return read_until("\x01"); }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  int socket_;
  std::string text_;
  bool closed_ = false;
};

// Checks a value against a schema of the document, as far as the document uses the language.
class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& document) : document_(document) {}
  void check(const Json& schema, const Json& value, const std::string& place) const {
    if (schema.contains("$ref")) {
      const std::string name =
          std::string(schema["$ref"]).substr(std::string("#/components/schemas/").size());
      ASSERT_TRUE(document_["components"]["schemas"].contains(name)) << name;
      return check(document_["components"]["schemas"][name], value, place);
    }
    if (value.is_null()) {
      EXPECT_TRUE(schema.value("nullable", false)) << place << " is null";
      return;
    }
    const std::string type = schema["type"];
    const bool fits = (type == "string" && value.is_string()) || (type == "number" && value.is_number()) ||
                      (type == "integer" && value.is_number_integer()) ||
                      (type == "boolean" && value.is_boolean()) || (type == "array" && value.is_array()) ||
                      (type == "object" && value.is_object());
    ASSERT_TRUE(fits) << place << ": expected " << type << ", got " << value;
    if (type == "array") {
      for (const Json& item : value) check(schema["items"], item, place + "[]");
    }
    if (type != "object" || !schema.contains("properties")) return;
    for (const Json& name : schema["required"])
      EXPECT_TRUE(value.contains(std::string(name))) << place << ": " << name;
    for (const auto& item : value.items()) {
      ASSERT_TRUE(schema["properties"].contains(item.key())) << place << ": unknown field " << item.key();
      check(schema["properties"][item.key()], item.value(), place + "." + item.key());
    }
  }

 private:
  const Json& document_;
};

// Node "yard" with streams "gate" and "roof", which nobody sends; apps "near" and "far" on "gate", "sky" on
// "roof"; and a sink "lines".
class TestNode {
 public:
  TestNode() {
    const std::string command = "ffmpeg -nostdin -y -v error -stream_loop 100 -i " + mix_.clip().string() +
                                " -c copy " + (folder() / "long.avi").string();
    if (std::system(command.c_str()) != 0) throw Error(ErrorKind::failed, command);
    write_file(file(), config());
    keep_rough_costs(mix_.base, folder() / "cache");
    start();
  }

  [[nodiscard]] NodeControl& control() { return *control_; }
  [[nodiscard]] NodeService& service() { return control_->node(); }
  [[nodiscard]] Store& store() { return service().store(); }
  // Ends it, and begins anew with its file.
  void restart() {
    thread_ = {};
    control_.reset();
    start();
  }
  [[nodiscard]] std::filesystem::path file() const { return folder() / "node.toml"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return mix_.folder.path(); }

  [[nodiscard]] static std::string config() {
    const auto app = [](const char* name, const char* stream, char package) {
      return fmt::format("[[app]]\nname = \"{}\"\nstream = \"{}\"\npackage = \"{}.mpkg\"\n", name, stream,
                         package);
    };
    return "[node]\nname = \"yard\"\nbases = \"base.onnx\"\ncache = \"cache\"\nworkers = 1\nthreads = 1\n"
           "log = \"off\"\n"
           "[[stream]]\nname = \"gate\"\nurl = \"long.avi\"\nloop = true\n"
           "[[stream]]\nname = \"roof\"\nurl = \"rtsp://127.0.0.1:1/nothing\"\n" +
           app("near", "gate", 'a') + app("far", "gate", 'b') + app("sky", "roof", 'c') +
           "[[sink]]\ntype = \"jsonl\"\nname = \"lines\"\npath = \"events.jsonl\"\n";
  }

 private:
  void start() {
    ConfigText text = read_config_text(file());
    CheckedConfig checked = check_config_text(text.text, folder());
    if (!checked.check.faults.empty())
      throw Error(ErrorKind::usage, message("node.toml", checked.check.faults.front()));
    control_ = std::make_unique<NodeControl>(std::move(text), std::move(checked));
    thread_ = std::jthread(
        [this](const std::stop_token& stop) { control_->node().run(stop, [this] { control_->look(); }); });
  }

  TestMix mix_;
  std::unique_ptr<NodeControl> control_;
  std::jthread thread_;  // ends before the node
};

}  // namespace mainstream
