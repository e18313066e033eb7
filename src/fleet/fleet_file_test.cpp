#include "fleet/fleet_file.hpp"

#include "core/file.hpp"
#include "package/sha256.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

class FleetFileTest : public testing::Test {
 protected:
  FleetFileTest() {
    write_file(folder_ / "gate.toml",
               "[[stream]]\nname = \"gate\"\nurl = \"clip.avi\"\n[[app]]\npackage = \"a.mpkg\"\nstream = "
               "\"gate\"\n");
  }
  [[nodiscard]] FleetReading read(const std::string& text) const {
    write_file(folder_ / "fleet.toml", text);
    return read_fleet(folder_ / "fleet.toml");
  }
  [[nodiscard]] std::vector<std::string> faults(const std::string& text) const {
    std::vector<std::string> all;
    for (const ConfigFault& fault : read(text).faults) all.push_back(message("fleet.toml", fault));
    return all;
  }
  TestFolder folder_;
};

constexpr const char* kWhole =
    "[broker]\nurl = \"mqtt://127.0.0.1:1884\"\n"
    "[packages]\nfolder = \"packages\"\nurl = \"https://packages.lan/m\"\n"
    "[[node]]\nname = \"one\"\nconfig = \"gate.toml\"\n[[node]]\nname = \"two\"\nconfig = \"gate.toml\"\n";

TEST_F(FleetFileTest, NamesEveryMistakeWithItsPlace) {
  EXPECT_THAT(faults(kWhole), testing::IsEmpty());
  EXPECT_THAT(faults(""), testing::ElementsAre("fleet.toml: needs [broker]", "fleet.toml: needs [packages]",
                                               "fleet.toml: needs [[node]]"));
  const std::vector<std::string> wrong = faults(
      "[broker]\nurl = \"http://x\"\n[packages]\nfolder = \"p\"\nurl = \"http://packages.lan/\"\n"
      "[[node]]\nname = \"one\"\nconfig = \"a\"\n[[node]]\nname = \"one\"\nconfg = \"a\"\n");
  ASSERT_EQ(wrong.size(), 5U);
  EXPECT_THAT(wrong[0], testing::HasSubstr("fleet.toml:2:7: url"));
  EXPECT_THAT(wrong[1], testing::HasSubstr("fleet.toml:5:7: url"));
  EXPECT_THAT(wrong[2], testing::HasSubstr("[[node]] needs config"));
  EXPECT_THAT(wrong[3], testing::HasSubstr("the node \"one\" stands twice; first in line 7"));
  EXPECT_THAT(wrong[4], testing::HasSubstr("did you mean \"config\"?"));
}

TEST_F(FleetFileTest, MakesStatesAndPublishesPackages) {
  const TestMix mix;
  std::filesystem::copy_file(mix.folder / "a.mpkg", folder_ / "a.mpkg");
  const Fleet fleet = read(kWhole).fleet;
  const FleetStates made = make_states(fleet);
  EXPECT_THAT(made.faults, testing::IsEmpty());
  ASSERT_EQ(made.states.size(), 2U);
  ASSERT_EQ(made.states[0].packages.size(), 1U);
  const DesiredPackage& package = made.states[0].packages[0];
  const std::string bytes = read_file(folder_ / "a.mpkg");
  EXPECT_EQ(package, (DesiredPackage{"a.mpkg", sha256(bytes), bytes.size(),
                                     "https://packages.lan/m/" + sha256(bytes) + ".mpkg"}));
  EXPECT_EQ(read_file(folder_ / "packages" / (package.sha256 + ".mpkg")), bytes);
  EXPECT_TRUE(made.states[1].same_but_for_version(made.states[0]));
}

TEST_F(FleetFileTest, TellsMistakesOfNodesFilesAndRefusesWrongPackages) {
  write_file(folder_ / "gate.toml", "[node]\nname = \"x\"\n[[stream]]\nnam = \"gate\"\n");
  const FleetStates made = make_states(read(kWhole).fleet);
  ASSERT_EQ(made.faults.size(), 4U) << "of a file that two nodes share, once";
  EXPECT_THAT(
      made.faults[0],
      testing::EndsWith("gate.toml:1:2: unknown table \"node\"; expected one of: stream, app, schedule"));
  write_file(
      folder_ / "gate.toml",
      "[[stream]]\nname = \"gate\"\nurl = \"c.avi\"\n[[app]]\npackage = \"a.mpkg\"\nstream = \"gate\"\n");
  EXPECT_ERROR(unreadable, make_states(read(kWhole).fleet), "a.mpkg");
  write_file(folder_ / "a.mpkg", "no package");
  EXPECT_ERROR(untrusted, make_states(read(kWhole).fleet), "a.mpkg");
}

}  // namespace
}  // namespace mainstream
