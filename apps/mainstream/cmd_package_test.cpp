#include "cli_testing.hpp"
#include "core/json.hpp"
#include "package/archive.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

class PackageCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    write_base(base_, base_path_);
    write_package(path_, tiny_manifest(base_), tiny_tails(base_));
  }
  // The result of `mainstream package COMMAND` on the package after `change` to its entries.
  template <typename Change>
  CliResult after(const std::string& command, const Change& change) {
    std::vector<ArchiveEntry> entries;
    const ArchiveReader archive(path_);
    for (const ArchiveReader::Entry& entry : archive.entries())
      entries.push_back({entry.name, archive.read(entry)});
    change(entries);
    write_archive(folder_ / "bad.mpkg", entries);
    return run_cli("package " + command + " " + (folder_ / "bad.mpkg").string() + " " + options_);
  }
  const TestFolder folder_;
  const Base base_ = tiny_base();
  const std::filesystem::path path_ = folder_ / "app.mpkg", base_path_ = folder_ / "base.onnx",
                              out_ = folder_ / "out";
  const std::vector<std::string> names_{"app.mpkg", "base.onnx"};
  std::string options_;
};

TEST_F(PackageCommandTest, ShowsTheManifest) {
  const CliResult table = run_cli("package show " + path_.string());
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("classes  no, yes* (* makes an event)"));
  EXPECT_THAT(table.out, HasSubstr("at frames per second     1     7\n"));
  const CliResult json = run_cli("package show --json " + path_.string());
  EXPECT_EQ(json.out, to_json(MPackage::open(path_).manifest()));
}

TEST_F(PackageCommandTest, Verifies) {
  const CliResult alone = run_cli("package verify " + path_.string());
  EXPECT_EQ(alone.exit_code, 0);
  EXPECT_THAT(alone.out, HasSubstr("app person-left, 2 candidates: archive, manifest and hashes are right"));
  const CliResult with_base =
      run_cli("package verify --json " + path_.string() + " --base " + base_path_.string());
  EXPECT_EQ(with_base.exit_code, 0) << with_base.err;
  EXPECT_EQ(parse_json(with_base.out, "output")["verified_with_base"], true);
}

TEST_F(PackageCommandTest, Extracts) {
  EXPECT_EQ(run_cli("package extract " + path_.string() + " -o " + out_.string()).exit_code, 0);
  EXPECT_EQ(read_onnx(out_ / "candidates" / "00.onnx").inputs, std::vector<std::string>{"b"});
  expect_refused(run_cli("package extract " + path_.string() + " -o " + out_.string()), 2, "already exists");
}

TEST_F(PackageCommandTest, RefusesBadPackages) {
  for (const char* command : {"verify", "show", "extract"}) {
    options_ = std::string(command) == "extract" ? "-o " + out_.string() : "";
    expect_refused(after(command, [](auto& entries) { entries[1].bytes[99] ^= 1; }), 3,
                   "bad.mpkg: candidates/00.onnx has sha256");
    expect_refused(after(command,
                         [](auto& entries) {
                           entries.push_back({"../evil", "x"});
                         }),
                   3, "bad.mpkg: entry \"../evil\" is a path outside the archive");
    expect_refused(after(command, [](auto& entries) { entries[0].bytes = "{}"; }), 3,
                   "bad.mpkg: manifest.json: field \"format\" is missing");
    std::filesystem::remove(folder_ / "bad.mpkg");
    EXPECT_EQ(folder_.names(), names_);
  }
  expect_refused(run_cli("package verify /nowhere.mpkg"), 3, "/nowhere.mpkg: cannot open");
  expect_refused(run_cli("package verify " + base_path_.string()), 3, "base.onnx: not a zip file");
  expect_refused(run_cli("package verify"), 2, "mainstream package verify: APP is required");
}

TEST_F(PackageCommandTest, RefusesATailOfAnotherBase) {
  write_base(tiny_base(0.5F), folder_ / "other.onnx");
  expect_refused(run_cli("package verify " + path_.string() + " --base " + (folder_ / "other.onnx").string()),
                 3, "app.mpkg: made for base \"tiny\" (id " + base_.id + ")");
}

TEST_F(PackageCommandTest, AFullDiskLeavesNothingBehind) {
  expect_refused(run_cli("package extract " + path_.string() + " -o " + out_.string(), "ulimit -f 1;"), 1,
                 "cannot write: File too large");
  EXPECT_EQ(folder_.names(), names_);
}

// A real file system without space, if this user may mount one.
TEST_F(PackageCommandTest, AFullFileSystemLeavesNothingBehind) {
  std::filesystem::create_directory(folder_ / "small");
  const std::string small = (folder_ / "small").string();
  if (std::system(("unshare -rm mount -t tmpfs none " + small + " 2> /dev/null").c_str()) != 0) {
    GTEST_SKIP() << "this user may not mount a tmpfs";
  }
  const std::string script = "mount -t tmpfs -o size=8k none " + small + "; " + MAINSTREAM_PROGRAM +
                             " package extract " + path_.string() + " -o " + small + "/out; code=$?; ls -A " +
                             small + "; exit $code";
  const TestFolder results;
  const int status = std::system(("unshare -rm sh -c '" + script + "' > " + (results / "out").string() +
                                  " 2> " + (results / "err").string())
                                     .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_EQ(read_file(results / "out"), "");
  EXPECT_THAT(read_file(results / "err"), HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace mainstream
