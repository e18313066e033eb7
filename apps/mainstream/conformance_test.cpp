// The ONNX backend's node tests (Debian's package libonnx-testdata) through what `mainstream infer` runs,
// compared with docs/conformance.md: tests that the table lists as passing must pass, those that it lists as
// refused must be refused, and it must list every test of all operations that can be run.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "cli_testing.hpp"
#include "graph/onnx/model.hpp"
#include "mainstream/error.hpp"
#include "mainstream/tensor_file.hpp"
#include "tensor_inputs.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

const fs::path kNodeTests = "/usr/share/libonnx-testdata/data/node";

struct Claims {
  std::set<std::string> operations, passing, refused;
};

std::vector<std::string> code_in(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream parts(text);
  std::string part;
  while (std::getline(parts, part, '`') && std::getline(parts, part, '`')) words.push_back(part);
  return words;
}

// Rows are: | `Operation` | `passing` .. | `refused` ..: reason |
Claims documented_claims() {
  std::istringstream lines(read_file(fs::path(MAINSTREAM_SOURCE_DIR) / "docs/conformance.md"));
  Claims claims;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line.substr(1));
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    if (cells.size() < 3) throw std::runtime_error("not a row of three cells: " + line);
    for (const std::string& operation : code_in(cells[0])) claims.operations.insert(operation);
    for (const std::string& name : code_in(cells[1])) claims.passing.insert(name);
    for (const std::string& name : code_in(cells[2])) claims.refused.insert(name);
  }
  return claims;
}

std::set<std::string> operations_of(const fs::path& folder) {
  onnx::ModelProto model;
  if (!model.ParseFromString(read_file(folder / "model.onnx"))) throw std::runtime_error(folder.string());
  std::set<std::string> operations;
  for (const onnx::NodeProto& node : model.graph().node()) operations.insert(node.op_type());
  return operations;
}

std::vector<std::string> tensors_of(const fs::path& folder, const std::string& kind) {
  std::vector<std::string> files;
  for (int i = 0; fs::exists(folder / "test_data_set_0" / (kind + std::to_string(i) + ".pb")); ++i) {
    files.push_back((folder / "test_data_set_0" / (kind + std::to_string(i) + ".pb")).string());
  }
  return files;
}

std::vector<Tensor> run(const Engine& engine, const fs::path& folder) {
  std::vector<Tensor> inputs = read_tensors(tensors_of(folder, "input_"));
  const Graph graph = read_for((folder / "model.onnx").string(), inputs);
  Network network(engine, graph);
  return run_on(network, graph, inputs);
}

// Compares like ONNX's own runner, except for the absolute tolerance, which is 1e-7 there.
bool close(const Tensor& got, const Tensor& wanted) {
  if (got.shape != wanted.shape) return false;
  for (std::size_t i = 0; i < wanted.data->size(); ++i) {
    const float a = (*got.data)[i], b = (*wanted.data)[i];
    if (!(std::abs(a - b) <= 1e-5F + 1e-3F * std::abs(b))) return false;
  }
  return true;
}

void expect_passes(const Engine& engine, const fs::path& folder) {
  const std::vector<Tensor> wanted = read_tensors(tensors_of(folder, "output_"));
  const std::vector<Tensor> outputs = run(engine, folder);
  ASSERT_EQ(outputs.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_TRUE(close(outputs[i], wanted[i])) << "output " << i;
}

void expect_refused(const Engine& engine, const fs::path& folder) {
  try {
    (void)run(engine, folder);
    ADD_FAILURE() << "it runs";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(folder.string()));
  }
}

// The reader's message for any other operation: "not among the operations that can be run: Add, ..".
std::set<std::string> operations_that_run() {
  OnnxModel model = conv_model();
  model.node("NoSuchOperation", {"y"}, "z");
  try {
    (void)model.read();
  } catch (const Error& error) {
    std::set<std::string> names;
    std::istringstream list(std::string(error.what()).substr(std::string(error.what()).rfind(": ") + 2));
    for (std::string name; std::getline(list >> std::ws, name, ',');) names.insert(name);
    return names;
  }
  return {};
}

TEST(Conformance, IsAsDocumented) {
  if (!fs::exists(kNodeTests)) GTEST_SKIP() << "Debian's package libonnx-testdata is not installed";
  const Claims claims = documented_claims();
  const Engine engine({.threads = 1});
  std::set<std::string> seen;
  for (const auto& entry : fs::directory_iterator(kNodeTests)) {
    const std::set<std::string> operations = operations_of(entry.path());
    if (!std::ranges::includes(claims.operations, operations)) continue;
    const std::string name = entry.path().filename().string().substr(std::string("test_").size());
    SCOPED_TRACE(name);
    seen.insert(name);
    if (claims.passing.contains(name)) {
      expect_passes(engine, entry.path());
    } else if (claims.refused.contains(name)) {
      expect_refused(engine, entry.path());
    } else {
      ADD_FAILURE() << "docs/conformance.md does not have it";
    }
  }
  std::set<std::string> all = claims.passing;
  all.insert(claims.refused.begin(), claims.refused.end());
  EXPECT_EQ(seen, all) << "docs/conformance.md has tests that are not there";
}

TEST(Conformance, CoversAllOperations) {
  std::set<std::string> operations = operations_that_run();
  operations.insert({"Constant", "ConstantOfShape", "Shape"});  // evaluated while reading
  EXPECT_EQ(documented_claims().operations, operations);
}

TEST(Conformance, TheCommandGivesTheSame) {
  const fs::path folder = kNodeTests / "test_basic_conv_with_padding";
  if (!fs::exists(folder)) GTEST_SKIP() << "Debian's package libonnx-testdata is not installed";
  const TestFolder scratch;
  const std::string output = (scratch / "y.npy").string();
  std::string command = "infer " + (folder / "model.onnx").string() + " -o " + output;
  for (const std::string& input : tensors_of(folder, "input_")) command += " " + input;
  const CliResult result = run_cli(command);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(close(read_npy(output), read_tensors(tensors_of(folder, "output_")).front()));
}

}  // namespace
}  // namespace mainstream
