#include "media/credentials.hpp"

#include <cstdlib>
#include <filesystem>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

std::filesystem::path write_private(const TestFolder& folder, const std::string& text) {
  write_file(folder / "cameras", text);
  std::filesystem::permissions(folder / "cameras", std::filesystem::perms::owner_read);
  return folder / "cameras";
}

TEST(CredentialsTest, GoIntoUrlsOfTheirHostWithoutAUser) {
  const TestFolder folder;
  const auto file = write_private(folder,
                                  "# cameras\n\ncam:8554 second p2\r\ncam  admin\t it's @ /secret?\n"
                                  "[::1] v6 p6\n[::1]:99 v6b p6b\n10.0.0.9 other x\n");
  const auto url = [&](const std::string& source) { return with_credentials(parse_source(source), file); };
  EXPECT_EQ(url("rtsp://cam/live"), "rtsp://admin:it%27s%20%40%20%2Fsecret%3F@cam/live");
  EXPECT_EQ(url("rtsp://CAM:554"), "rtsp://admin:it%27s%20%40%20%2Fsecret%3F@CAM:554");
  EXPECT_EQ(url("http://cam:8554/v"), "http://second:p2@cam:8554/v");
  EXPECT_EQ(url("rtsp://[::1]/v"), "rtsp://v6:p6@[::1]/v");
  EXPECT_EQ(url("rtsp://[::1]:99/v"), "rtsp://v6b:p6b@[::1]:99/v");
  EXPECT_EQ(url("rtsp://me:mine@cam/live"), "rtsp://me:mine@cam/live");
  EXPECT_EQ(url("rtsp://cam2/live"), "rtsp://cam2/live");
  EXPECT_EQ(url("udp://cam:5000"), "udp://cam:5000");
  EXPECT_EQ(url("cam.avi"), "cam.avi");
}

TEST(CredentialsTest, TheEnvironmentCanNameTheFile) {
  const TestFolder folder;
  ::setenv("MAINSTREAM_CREDENTIALS", write_private(folder, "cam admin secret").c_str(), 1);
  const std::string url = with_credentials(parse_source("rtsp://cam/live"), {});
  ::unsetenv("MAINSTREAM_CREDENTIALS");
  EXPECT_EQ(url, "rtsp://admin:secret@cam/live");
  EXPECT_EQ(with_credentials(parse_source("rtsp://cam/live"), {}), "rtsp://cam/live");
}

TEST(CredentialsTest, RefusesWhatIsWrongWithoutShowingIt) {
  const TestFolder folder;
  EXPECT_ERROR(untrusted, parse_credentials("a b c\nsecret\n", "f"),
               "f:2: expected HOST[:PORT] USER PASSWORD");
  EXPECT_ERROR(untrusted, parse_credentials("\nhost secret\n", "f"),
               "f:2: expected HOST[:PORT] USER PASSWORD");
  const auto file = write_private(folder, "cam admin secret");
  const SourceAddress cam = parse_source("rtsp://cam/live");
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_ERROR(untrusted, with_credentials(cam, file), "has mode 640, expected 600");
  EXPECT_ERROR(unreadable, with_credentials(cam, folder / "none"), "none");
}

}  // namespace
}  // namespace mainstream
