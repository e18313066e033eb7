// Writes the inputs that fuzzing starts from, one folder per target: fuzz_corpus FOLDER
#include <cstdio>

#include "core/file.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"
#include "mainstream/problem_json.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

// A network with one operation of each kind, in a row.
Graph every_operation() {
  Graph graph;
  graph.name = "every";
  graph.inputs = {"x"};
  graph.shapes["x"] = {1, 3, 9, 9};
  graph.constants["w"] = tiny_weights({4, 3, 3, 3}, 0.3F);
  graph.constants["b"] = tiny_weights({4}, 0.2F);
  graph.constants["w4"] = tiny_weights({4, 1, 1, 1}, 0.5F);
  graph.constants["var"] = make_tensor({4}, {1, 2, 3, 4});
  graph.constants["w3"] = tiny_weights({3, 16}, 0.1F);
  using Act = op::Activation::Kind;
  std::string last = "x";
  const auto add = [&](Op op, std::vector<std::string> more = {}) {
    more.insert(more.begin(), last);
    last = "v" + std::to_string(graph.nodes.size());
    graph.nodes.push_back({std::move(op), std::move(more), last});
  };
  add(op::Pad{{1, 1, 1, 1}, 0});
  add(op::Conv{{2, 2}, {1, 1}, {0, 0, 0, 0}, 1}, {"w", "b"});
  add(op::BatchNorm{1e-3F}, {"b", "b", "b", "var"});
  for (const Act kind : {Act::relu, Act::sigmoid, Act::tanh}) add(op::Activation{kind, 0, 0});
  add(op::Activation{Act::clip, 0, 6});
  for (const Act kind : {Act::leaky_relu, Act::elu, Act::swish}) add(op::Activation{kind, 1, 0});
  for (const Act kind : {Act::hard_sigmoid, Act::hard_swish}) add(op::Activation{kind, 0.2F, 0.5F});
  add(op::Conv{{1, 1}, {2, 2}, {1, 1, 1, 1}, 4}, {"w4"});
  add(op::Lrn{});
  add(op::Pool{op::Pool::Kind::max, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, false, true});
  add(op::Pool{op::Pool::Kind::average, {2, 2}, {1, 1}, {1, 1}, {0, 0, 1, 1}, true, false});
  for (const auto kind : {op::Binary::Kind::add, op::Binary::Kind::mul}) add(op::Binary{kind}, {last});
  add(op::Concat{1}, {last});
  add(op::Slice{1, 2, 6, 1});
  add(op::Transpose{{0, 2, 3, 1}});
  add(op::Transpose{{0, 3, 1, 2}});
  infer_shapes(graph);
  add(op::GlobalPool{});
  add(op::Reshape{{4}});
  add(op::Concat{1}, {last, last, last});
  add(op::Gemm{}, {"w3"});
  add(op::Softmax{1});
  graph.outputs = {last};
  infer_shapes(graph);
  return graph;
}

constexpr const char* kProblem =
    R"({"name": "two", "stream_fps": 4, "budget": 20.5, "layer_costs": [1, 2, 3.5],
"fps_options": [1, 2, 4], "apps": [
{"id": "a", "event_length_ms": 500, "event_frequency": 0.2, "correlation": 0.107, "x_vote": 2,
 "candidates": [{"frozen": 0, "tpr": 0.9, "fpr": 0.1}, {"frozen": 3, "tpr": 0.7, "fpr": 0.2}]},
{"id": "b", "options": [{"frozen": 1, "fps": 2, "f1": 0.5}, {"frozen": 0, "fps": 1, "f1": 0.41}]}]})";

constexpr const char* kSources[] = {"rtsp://user:pass/word@cam:554/live?key=a&b=c",
                                    "http://[::1]:80/v?pw=a;x=1", "test:640x480@14", "udp://@239.0.0.1:5000",
                                    "cam:554 admin a b c\n# x\n"};

constexpr const char* kConfig = R"([node]
name = "yard"
bases = ["base.onnx"]
workers = 2
[[stream]]
name = "gate"
url = "rtsp://camera:554/1"
timeout_s = 15
[[app]]
package = "crossing.mpkg"
stream = ["gate"]
region = [0.5, 0, 0.5, 1]
hours = "mon-fri,sun 07:00-19:00"
[schedule]
budget = "auto"
[[sink]]
type = "mqtt"
url = "mqtt://broker:1883"
[[sink]]
type = "jsonl"
path = "events.jsonl"
[retention]
max_age_days = 30
)";

void write(const std::filesystem::path& folder, const char* name, const std::string& bytes) {
  std::filesystem::create_directories(folder);
  write_file(folder / name, bytes);
}

void write_corpus(const std::filesystem::path& folder) {
  for (int i = 0; const char* source : kSources)
    write(folder / "source", std::to_string(i++).c_str(), source);
  const Base base = tiny_base();
  write(folder / "onnx", "tiny.onnx", to_onnx(tiny_network()));
  write(folder / "onnx", "every.onnx", to_onnx(every_operation()));
  write(folder / "onnx", "tail.onnx", to_onnx(tiny_tail(base, "a")));
  write_base(base, folder / "onnx" / "base.onnx");
  std::filesystem::copy(
      folder / "onnx", folder / "planner",
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);

  std::filesystem::create_directories(folder / "package");
  const std::filesystem::path package = folder / "package" / "app.mpkg";
  write_package(package, tiny_manifest(base), tiny_tails(base));
  write(folder / "manifest", "manifest.json", to_json(MPackage::open(package).manifest()));

  write(folder / "config", "node.toml", kConfig);

  write(folder / "problem", "problem.json", kProblem);
  write(folder / "problem", "written.json", to_json(parse_problem(kProblem, "problem.json")));

  write(folder / "mqtt", "command", "mainstream/n/near road/enabled/set\nOFF");
  write(folder / "mqtt", "name", "near road");
  write(folder / "fleet", "desired",
        R"({"format":1,"version":7,"packages":[{"name":"q.mpkg","sha256":")" + std::string(64, 'a') +
            R"(","bytes":12,"url":"https://host/q"}],"config":"[[stream]]"})");
  write(
      folder / "fleet", "reported",
      R"({"format":1,"node":"gate","program":"0.1.0","time":"2024-05-17T08:30:00.250Z","every_s":60,"version":6,)"
      R"("wanted":7,"progress":"refused","why":"no","fetched":0.5,"streams":1,"streams_up":1,"apps":1,)"
      R"("apps_running":0,"troubles":["x"],"cost":1,"budget":2,"mean_f1":0.5,"events":3,"last_sequence":4,)"
      R"("acknowledged":{"centre":2}})");
  write(folder / "fleet", "get",
        R"({"receiver":"centre","id":"1","after":120,"limit":100,"acknowledged":120})");
  write(
      folder / "request", "events",
      "/api/v1/"
      "events?stream=gate&app=near%20road&after=2024-05-17T08:30:00.250Z&below=000001-00000002&limit=10\n12");
  write(folder / "request", "verdict", "/api/v1/events/000001-00000002/verdict\n{\"verdict\": \"true\"}");
  write(folder / "request", "missed",
        "/api/v1/events/m-1/verdict\n{\"verdict\": \"missed\", \"app\": \"a\", \"stream\": \"gate\", "
        "\"start_time\": \"2024-05-17T08:30:00.000Z\", \"end_time\": \"2024-05-17T08:30:02.000Z\"}");
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw mainstream::Error(mainstream::ErrorKind::usage, "expected one folder");
    mainstream::write_corpus(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fuzz_corpus: %s\n", error.what());
    return 1;
  }
}
