#include "mainstream/package.hpp"
#include "graph/passes.hpp"
#include "package/fingerprint.hpp"

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/testing.hpp"
#include "package/archive.hpp"
#include "package/manifest.hpp"
#include "package/sha256.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

using Entries = std::vector<ArchiveEntry>;

Entries entries_of(const std::filesystem::path& path) {
  const ArchiveReader archive(path);
  Entries entries;
  for (const ArchiveReader::Entry& entry : archive.entries()) {
    entries.push_back({entry.name, archive.read(entry)});
  }
  return entries;
}

class PackageTest : public testing::Test {
 protected:
  void SetUp() override { write_package(path_, tiny_manifest(base_), tiny_tails(base_)); }

  // The package with its entries or its manifest changed by `change`.
  template <typename Change>
  std::filesystem::path with_entries(const Change& change) {
    Entries entries = entries_of(path_);
    change(entries);
    write_archive(folder_ / "changed.mpkg", entries);
    return folder_ / "changed.mpkg";
  }
  template <typename Change>
  std::filesystem::path with_manifest(const Change& change) {
    return with_entries([&](Entries& entries) {
      Json manifest = Json::parse(entries[0].bytes);
      change(manifest);
      entries[0].bytes = manifest.dump();
    });
  }
  // The package with another first tail and its correct hash and size.
  std::filesystem::path with_tail(const Graph& tail) {
    return with_entries([&](Entries& entries) {
      entries[1].bytes = to_onnx(tail);
      Json manifest = Json::parse(entries[0].bytes);
      manifest["candidates"][0]["sha256"] = sha256(entries[1].bytes);
      manifest["candidates"][0]["size"] = entries[1].bytes.size();
      entries[0].bytes = manifest.dump();
    });
  }

  const TestFolder folder_;
  const std::filesystem::path path_ = folder_ / "app.mpkg";
  const Base base_ = tiny_base();
};

TEST_F(PackageTest, GivesBackWhatWasWritten) {
  const MPackage package = MPackage::open(path_);
  package.verify(base_);
  EXPECT_EQ(package.path(), path_);
  EXPECT_EQ(package.manifest().app, "person-left");
  EXPECT_EQ(package.sha256(), sha256(read_file(path_)));
  const std::vector<Graph> tails = tiny_tails(base_);
  for (std::size_t i = 0; i < tails.size(); ++i) {
    EXPECT_EQ(fingerprint(package.graph(package.manifest().candidates[i])), fingerprint(tails[i]));
  }
}

TEST_F(PackageTest, TheSameContentGivesTheSameBytes) {
  write_package(folder_ / "again.mpkg", tiny_manifest(base_), tiny_tails(base_));
  EXPECT_EQ(read_file(folder_ / "again.mpkg"), read_file(path_));
}

TEST_F(PackageTest, StoresItsEntriesAsTheyAre) {
  const std::string bytes = read_file(path_);
  EXPECT_NE(bytes.find("\"person-left\""), std::string::npos);
}

TEST_F(PackageTest, KeepsTheFileWhenItIsReplaced) {
  const MPackage package = MPackage::open(path_);
  write_file(path_, "something else");
  EXPECT_EQ(package.graph(package.manifest().candidates[0]).outputs.size(), 1U);
}

TEST_F(PackageTest, RefusesAWrongHash) {
  EXPECT_ERROR(untrusted,
               MPackage::open(with_entries([](Entries& entries) { entries[2].bytes.back() ^= 1; })),
               "candidates/01.onnx has sha256");
  EXPECT_ERROR(untrusted, MPackage::open(with_entries([](Entries& entries) { entries[2].bytes += 'x'; })),
               "the manifest says");
}

TEST_F(PackageTest, RefusesEntriesThatDoNotBelong) {
  EXPECT_ERROR(untrusted, MPackage::open(with_entries([](Entries& entries) { entries.pop_back(); })),
               "candidates/01.onnx is missing");
  EXPECT_ERROR(untrusted,
               MPackage::open(with_entries([](Entries& entries) { entries.erase(entries.begin()); })),
               "it has no manifest.json");
  EXPECT_ERROR(untrusted, MPackage::open(with_entries([](Entries& entries) {
                 entries.push_back({"extra.txt", "x"});
               })),
               "entry \"extra.txt\" is not in the manifest");
  for (const char* name : {"../evil.onnx", "/etc/evil", "candidates/../../evil", "..\\evil", "a/.."}) {
    EXPECT_ERROR(untrusted, MPackage::open(with_entries([&](Entries& entries) {
                   entries.push_back({name, "x"});
                 })),
                 "is a path outside the archive");
  }
}

TEST_F(PackageTest, RefusesAGiganticManifest) {
  EXPECT_ERROR(untrusted, MPackage::open(with_entries([](Entries& entries) {
                 entries[0].bytes.append(std::size_t{5} << 20, ' ');
               })),
               "manifest.json: expected at most");
}

TEST_F(PackageTest, ErrorsInTheManifestNamePackageAndField) {
  EXPECT_ERROR(untrusted, MPackage::open(with_manifest([](Json& json) { json["format"] = 9; })),
               "changed.mpkg: manifest.json: format: expected format 1 or 2, got 9");
  EXPECT_ERROR(untrusted, MPackage::open(with_manifest([](Json& json) { json["candidates"][1]["tpr"] = 7; })),
               "changed.mpkg: manifest.json: candidates[1].tpr: expected a number from 0 to 1, got 7");
}

TEST_F(PackageTest, RefusesAnotherBase) {
  const MPackage package = MPackage::open(path_);
  EXPECT_ERROR(untrusted, package.verify(tiny_base(0.31F)), "made for base \"tiny\" (id " + base_.id);
  Base other_input = base_;
  other_input.input.mean = {1, 2, 3};
  EXPECT_ERROR(untrusted, package.verify(other_input), "prepares its input differently");
}

TEST_F(PackageTest, RefusesBranchpointsThatTheBaseDoesNotHave) {
  const auto wrong_layers = with_manifest([](Json& json) { json["candidates"][0]["frozen_layers"] = 4; });
  EXPECT_ERROR(untrusted, MPackage::open(wrong_layers).verify(base_), "claims 4 frozen layers");
  const auto wrong_tensor = with_manifest([](Json& json) {
    json["candidates"][0]["branchpoint"] = "sum";
    json["candidates"][0]["reads"] = {"sum"};
  });
  EXPECT_ERROR(untrusted, MPackage::open(wrong_tensor).verify(base_),
               "\"sum\" is not a branchpoint of base \"tiny\"");
}

TEST_F(PackageTest, RefusesTailsThatDoNotFitTheirBranchpoint) {
  const auto elsewhere = with_tail(tiny_tail(base_, "a"));
  EXPECT_ERROR(untrusted, MPackage::open(elsewhere).verify(base_), "expected inputs \"b\", got \"a\"");

  EXPECT_ERROR(untrusted, MPackage::open(with_tail(tiny_tail(base_, "b", 3))).verify(base_),
               "expected logits of 1x2 for the 2 classes of the manifest, got 1x3");

  Graph smaller = tiny_tail(base_, "b");
  smaller.shapes["b"] = {1, 4, 7, 7};
  infer_shapes(smaller);
  EXPECT_ERROR(untrusted, MPackage::open(with_tail(smaller)).verify(base_),
               "reads 1x4x7x7 at \"b\", where the base has 1x4x8x8");
}

TEST_F(PackageTest, HoldsExitsBesideTails) {
  Manifest manifest = tiny_manifest(base_);
  const std::vector<std::string> levels{"a", "b"};
  manifest.candidates.insert(manifest.candidates.begin(),
                             {tiny_candidate(base_, CandidateKind::exit, {"b"}),
                              tiny_candidate(base_, CandidateKind::exit, levels)});
  std::vector<Graph> graphs = tiny_tails(base_);
  graphs.insert(graphs.begin(), {tiny_exit(base_, {"b"}), tiny_exit(base_, levels)});
  write_package(path_, manifest, graphs);
  const MPackage package = MPackage::open(path_);
  package.verify(base_);
  const Candidate& exit = package.manifest().candidate("exit-2-5");
  EXPECT_EQ(exit.reads, levels);
  EXPECT_EQ(fingerprint(package.graph(exit)), fingerprint(graphs[1]));
}

TEST_F(PackageTest, RefusesLevelsInAnotherOrder) {
  Manifest manifest = tiny_manifest(base_);
  manifest.candidates = {tiny_candidate(base_, CandidateKind::exit, {"b", "a"})};
  write_package(path_, manifest, {tiny_exit(base_, {"b", "a"})});
  EXPECT_ERROR(untrusted, MPackage::open(path_).verify(base_), "reads \"a\" after a deeper tensor");
}

TEST_F(PackageTest, RefusesRangesOfWhatTheTailDoesNotHave) {
  const auto path =
      with_manifest([](Json& json) { json["candidates"][1]["ranges"][0]["tensor"] = "elsewhere"; });
  EXPECT_ERROR(untrusted, MPackage::open(path).verify(base_),
               "candidates/01.onnx: has no tensor \"elsewhere\", for which the manifest has a range");
}

TEST_F(PackageTest, RefusesATailThatIsNoModel) {
  const auto path = with_entries([&](Entries& entries) {
    entries[1].bytes = "no model";
    Json manifest = Json::parse(entries[0].bytes);
    manifest["candidates"][0]["sha256"] = sha256(entries[1].bytes);
    manifest["candidates"][0]["size"] = entries[1].bytes.size();
    entries[0].bytes = manifest.dump();
  });
  EXPECT_ERROR(untrusted, MPackage::open(path).verify(base_), "changed.mpkg: candidates/00.onnx");
}

TEST_F(PackageTest, WritingRefusesWhatCouldNotBeRead) {
  Manifest manifest = tiny_manifest(base_);
  manifest.candidates[0].tpr = std::nan("");
  EXPECT_ERROR(usage, write_package(folder_ / "new.mpkg", manifest, tiny_tails(base_)), "candidates[0].tpr");
  EXPECT_ERROR(usage, write_package(folder_ / "new.mpkg", tiny_manifest(base_), {}),
               "expected 2 networks, one for each candidate, got 0");
  EXPECT_ERROR(usage,
               write_package(folder_ / "new.mpkg", tiny_manifest(base_),
                             {tiny_tail(base_, "a"), tiny_tail(base_, "b")}),
               "expected inputs \"b\", got \"a\"");
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"app.mpkg"});
}

TEST_F(PackageTest, ExtractsIntoANewFolder) {
  const MPackage package = MPackage::open(path_);
  extract_package(package, folder_ / "out/");
  EXPECT_EQ(sha256(read_file(folder_ / "out/candidates/01.onnx")), package.manifest().candidates[1].sha256);
  EXPECT_EQ(read_file(folder_ / "out/manifest.json"), to_json(package.manifest()));
  EXPECT_EQ(folder_.names(), (std::vector<std::string>{"app.mpkg", "out"}));
  EXPECT_ERROR(usage, extract_package(package, folder_ / "out"), "already exists");
  EXPECT_ERROR(storage, extract_package(package, folder_ / "app.mpkg" / "out"), "cannot write");
}

TEST_F(PackageTest, AFullDiskLeavesTheOldFileAndNothingElse) {
  const std::string before = read_file(path_);
  const std::vector<Graph> tails = tiny_tails(base_);
  for (const rlim_t room : {0U, 1U, 100U, 1000U, 2000U}) {
    const FullDisk disk(room);
    EXPECT_ERROR(storage, write_package(path_, tiny_manifest(base_), tails), "app.mpkg: cannot write");
    EXPECT_ERROR(storage, write_package(folder_ / "new.mpkg", tiny_manifest(base_), tails),
                 "new.mpkg: cannot write");
  }
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"app.mpkg"});
  EXPECT_EQ(read_file(path_), before);
}

}  // namespace
}  // namespace mainstream
