#include <cmath>

#include "cli_testing.hpp"
#include "core/json.hpp"
#include "infer/random_graph.hpp"
#include "infer/reference.hpp"
#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/media.hpp"
#include "mainstream/tensor_file.hpp"
#include "media/pixels.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

class BaseCommandTest : public testing::Test {
 protected:
  void SetUp() override { write_file(in_, to_onnx(tiny_network())); }
  CliResult prepare(const std::string& options = {}, const std::string& before = {}) {
    return run_cli("base prepare " + in_.string() + " -o " + out_.string() + " " + options, before);
  }
  CliResult calibrate(const std::string& options = {}) {
    return run_cli("base calibrate " + out_.string() + " --images " + (folder_ / "pictures").string() + " " +
                   options);
  }
  void write_pictures(std::size_t count) {
    std::filesystem::create_directory(folder_ / "pictures");
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::uint8_t> rgb(20 * 20 * 3);
      for (std::size_t k = 0; k < rgb.size(); ++k) rgb[k] = static_cast<std::uint8_t>(k * 37 * (i + 1));
      const auto jpeg = encode_jpeg(picture_from_rgb(20, 20, rgb));
      write_file(folder_ / "pictures" / (std::to_string(i) + ".jpg"),
                 {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
    }
  }
  const TestFolder folder_;
  const std::filesystem::path in_ = folder_ / "in.onnx", out_ = folder_ / "out.onnx";
};

TEST_F(BaseCommandTest, PreparesABase) {
  const CliResult result = prepare(
      "--mean 123.675,116.28,103.53 --scale 1/58.395,1/57.12,1/57.375 --resize crop --channels bgr --name "
      "first");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("base first, 5 layers to the features \"b\", 3 branchpoints, id "));
  const Base base = read_base(out_);
  EXPECT_EQ(base.name, "first");
  EXPECT_EQ(base.id, tiny_base().id);
  EXPECT_EQ(base.input.mean, (std::array<float, 3>{123.675F, 116.28F, 103.53F}));
  EXPECT_EQ(base.input.scale, (std::array<float, 3>{1 / 58.395F, 1 / 57.12F, 1 / 57.375F}));
  EXPECT_EQ(base.input.resize, InputSpec::Resize::crop);
  EXPECT_EQ(base.input.channels, InputSpec::Channels::bgr);
}

TEST_F(BaseCommandTest, BindsAnOpenSize) {
  Graph open = tiny_network();
  std::string bytes = to_onnx(open);
  // 16 as a dim_value becomes 0, which is an open dimension.
  const std::string fixed = "\x0a\x02\x08\x10\x0a\x02\x08\x10",
                    free = std::string("\x0a\x02\x08\x00\x0a\x02\x08\x00", 8);
  ASSERT_NE(bytes.find(fixed), std::string::npos);
  bytes.replace(bytes.find(fixed), fixed.size(), free);
  write_file(in_, bytes);
  expect_refused(prepare(), 3, "give a size with --input-size");
  EXPECT_EQ(prepare("--input-size 32").exit_code, 0);
  EXPECT_EQ(read_base(out_).input.width, 32);
}

TEST_F(BaseCommandTest, ShowsWhatTheEngineMakesOfIt) {
  ASSERT_EQ(prepare().exit_code, 0);
  const CliResult text = run_cli("base show " + out_.string() + " --engine");
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("convolution"));
  EXPECT_THAT(text.out, HasSubstr("reorders"));
  const Json json = parse_json(run_cli("base show " + out_.string() + " --engine --json").out, "output");
  EXPECT_TRUE(json.at(0).contains("implementation"));
  expect_refused(run_cli("base show " + out_.string() + " --engine --precision int8"), 2,
                 "is not calibrated");
  expect_refused(run_cli("base show " + out_.string() + " --engine --number-type f8"), 2, "--number-type");
}

TEST_F(BaseCommandTest, CalibratesForInt8) {
  if (!processor_has(NumberType::int8)) GTEST_SKIP() << "this processor does not compute in int8";
  ASSERT_EQ(prepare().exit_code, 0);
  write_pictures(12);
  write_file(folder_ / "pictures" / "notes.txt", "no picture");
  const CliResult result = calibrate("--least-agreement 0");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("int8"));
  EXPECT_FALSE(read_base(out_).ranges.empty());
  EXPECT_EQ(run_cli("base show " + out_.string() + " --engine --precision int8").exit_code, 0);
  EXPECT_EQ(run_cli("infer " + out_.string() + " " + (folder_ / "pictures" / "1.jpg").string() +
                    " --precision int8")
                .exit_code,
            0);
  std::filesystem::remove_all(folder_ / "pictures");
  expect_refused(calibrate(), 2, "no such file or folder");
}

// Two features, and 16,000 outputs of which the one is highest whose direction is nearest to theirs: however
// little int8 turns them, another one is.
Graph undecided_network() {
  GraphMaker m(1);
  const std::string x = m.relu(m.conv(m.input({1, 3, 16, 16}), 16, 3));
  const std::string flat = m.node(op::Reshape{{2}}, {m.node(op::GlobalPool{}, {m.conv(x, 2, 3)})});
  constexpr std::int64_t kDirections = 16000;
  std::vector<float> directions;
  for (std::int64_t i = 0; i < kDirections; ++i) {
    const double angle = 2 * M_PI * static_cast<double>(i) / kDirections;
    directions.push_back(static_cast<float>(std::cos(angle)));
    directions.push_back(static_cast<float>(std::sin(angle)));
  }
  m.graph.constants["directions"] = make_tensor({kDirections, 2}, std::move(directions));
  m.graph.outputs = {m.node(op::Gemm{}, {flat, "directions"})};
  return m.graph;
}

TEST_F(BaseCommandTest, KeepsNoNumberTypeThatAgreesTooLittleUnlessForced) {
  if (!processor_has(NumberType::int8)) GTEST_SKIP() << "this processor does not compute in int8";
  write_file(in_, to_onnx(undecided_network()));
  ASSERT_EQ(prepare().exit_code, 0);
  const std::string before = read_file(out_);
  write_pictures(40);
  const CliResult refused = calibrate("--least-agreement 1");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("agrees with f32 on"));
  EXPECT_THAT(refused.err, HasSubstr("below 100.0 %; nothing is written"));
  EXPECT_TRUE(read_file(out_) == before);
  EXPECT_EQ(run_cli("base show " + out_.string() + " --engine --number-type int8").exit_code, 2);

  EXPECT_EQ(calibrate("--least-agreement 1 --force").exit_code, 0);
  const Base base = read_base(out_);
  EXPECT_LT(base.agreement.at(NumberType::int8).top1, 1);
  EXPECT_EQ(base.agreement.at(NumberType::int8).inputs, 20U);
  EXPECT_EQ(run_cli("base show " + out_.string() + " --engine --number-type int8").exit_code, 0);
}

TEST_F(BaseCommandTest, CutsAtAnyTensor) {
  ASSERT_EQ(prepare("--mean 10,20,30 --scale 1/50 --channels bgr").exit_code, 0);
  write_pictures(2);
  const std::filesystem::path cut = folder_ / "cut.onnx", values = folder_ / "values.npy";
  // A branchpoint, one that is none, one with two dimensions, and the input.
  for (const std::string tensor : {"b", "c2", "logits", "picture"}) {
    const CliResult result = run_cli("base cut " + out_.string() + " " + tensor + " -o " + cut.string());
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("to \"" + tensor + "\", 1x"));
    const CliResult inferred = run_cli("infer " + cut.string() + " " + (folder_ / "pictures").string() +
                                       "/*.jpg -o " + values.string() + " --top 0");
    ASSERT_EQ(inferred.exit_code, 0) << inferred.err;
    const Base base = read_base(out_);
    const Tensor written = read_npy(values);
    Shape wanted = base.graph.shape(tensor);
    wanted[0] = 2;
    EXPECT_EQ(written.shape, wanted) << tensor;

    InputScaler scaler(base.input);
    std::vector<float> input(scaler.size());
    scaler.scale(read_picture((folder_ / "pictures" / "1.jpg").string()), input);
    const auto expected = run_reference(base.graph, {{"picture", input}}).at(tensor);
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR((*written.data)[expected.size() + i], expected[i], 1e-4 * (1 + std::abs(expected[i])))
          << tensor;
  }
}

TEST_F(BaseCommandTest, CutRefusesWhatIsNotThere) {
  ASSERT_EQ(prepare("--name mine").exit_code, 0);
  const std::string before = read_file(out_), base = out_.string();
  expect_refused(run_cli("base cut " + base + " logit -o " + base + ".cut"), 2,
                 "base mine has no tensor \"logit\"; did you mean \"logits\"?");
  expect_refused(run_cli("base cut " + base + " something-else -o " + base + ".cut"), 2,
                 "base show lists them");
  expect_refused(run_cli("base cut " + base + " a -o " + (folder_ / "." / "out.onnx").string()), 2,
                 "--output is the base itself");
  expect_refused(run_cli("base cut " + in_.string() + " a -o " + base + ".cut"), 3,
                 "in.onnx: not a prepared base");
  expect_refused(run_cli("base cut " + base + " a"), 2, "--output is required");
  EXPECT_TRUE(read_file(out_) == before);
  EXPECT_FALSE(std::filesystem::exists(base + ".cut"));
}

TEST_F(BaseCommandTest, RefusesWrongOptions) {
  expect_refused(prepare("--mean x"), 2, "--mean: expected a number like 0.5 or 1/255, got \"x\"");
  expect_refused(prepare("--mean 1,2"), 2, "order of channels, got 2");
  expect_refused(prepare("--scale 1/0"), 2, "--scale: expected a number like 0.5 or 1/255, got \"1/0\"");
  expect_refused(prepare("--scale 0"), 2, "scale[0]: must not be 0");
  expect_refused(prepare("--channels grey"), 2, "channels: expected one of: rgb, bgr");
  expect_refused(prepare("--resize no"), 2, "resize: expected one of: stretch, crop, letterbox");
  expect_refused(prepare("--features z"), 2, "no tensor \"z\" for the features");
  expect_refused(prepare("--input-size 0"), 2, "--input-size");
  expect_refused(prepare("--surprise"), 2, "--surprise");
  expect_refused(run_cli("base prepare " + in_.string()), 2, "mainstream base prepare: --output is required");
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"in.onnx"});
}

TEST_F(BaseCommandTest, ShowsATableAndJson) {
  ASSERT_EQ(prepare().exit_code, 0);
  const CliResult table = run_cli("base show " + out_.string());
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.out, HasSubstr("layers         5 to the features, 8 in all"));
  EXPECT_THAT(table.out, HasSubstr("* b"));
  const Json json = parse_json(run_cli("base show --json " + out_.string()).out, "output");
  EXPECT_EQ(json["layers"].size(), 8U);
  EXPECT_EQ(json["branchpoints"].size(), 3U);
  EXPECT_EQ(json["branchpoints"][1]["tensor"], "a");
  // conv 8 x 8 x 4 of 3 x 3 x 3, conv 8 x 8 x 4 of 4 x 3 x 3, linear 5 of 4
  EXPECT_EQ(json["multiply_adds"], 8 * 8 * 4 * 27 + 8 * 8 * 4 * 36 + 5 * 4);
}

TEST_F(BaseCommandTest, ShowRefusesWhatWasNotPrepared) {
  expect_refused(run_cli("base show " + in_.string()), 3, "in.onnx: not a prepared base");
  EXPECT_EQ(run_cli("base show " + in_.string() + " --json").exit_code, 3);
}

TEST_F(BaseCommandTest, AFileThatCannotGrowLeavesNothingBehind) {
  expect_refused(prepare("", "ulimit -f 1;"), 1, "out.onnx: cannot write: File too large");
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"in.onnx"});
}

TEST_F(BaseCommandTest, AFolderThatIsNotThere) {
  expect_refused(run_cli("base prepare " + in_.string() + " -o /nowhere/out.onnx"), 1,
                 "/nowhere/out.onnx: cannot write");
}

TEST_F(BaseCommandTest, OutputThatNobodyTakesIsAnError) {
  ASSERT_EQ(prepare().exit_code, 0);
  const std::string command =
      std::string(MAINSTREAM_PROGRAM) + " base show " + out_.string() + " > /dev/full 2> /dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
}

}  // namespace
}  // namespace mainstream
