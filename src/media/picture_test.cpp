#include <cmath>
#include <random>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "mainstream/media.hpp"
#include "media/pixels.hpp"
#include "media/test_clip.hpp"

namespace mainstream {
namespace {

std::vector<std::uint8_t> noise(int width, int height) {
  std::mt19937 random(1);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(width) * height * 3);
  for (auto& value : rgb) value = static_cast<std::uint8_t>(random());
  return rgb;
}

std::vector<std::uint8_t> ramps(int width, int height) {
  std::vector<std::uint8_t> rgb;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int value : {x * 255 / width, y * 255 / height, 128})
        rgb.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return rgb;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

double mean_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

TEST(PictureTest, RgbGoesInAndComesOutUnchanged) {
  for (const int width : {1, 7, 64, 333}) {
    const auto rgb = noise(width, 5);
    const Picture picture = picture_from_rgb(width, 5, rgb);
    EXPECT_EQ(picture.width(), width);
    EXPECT_EQ(picture.height(), 5);
    EXPECT_EQ(to_rgb(picture), rgb) << "width " << width;
  }
}

TEST(PictureTest, RefusesSizesThatDoNotFit) {
  EXPECT_ERROR(usage, picture_from_rgb(2, 2, noise(2, 1)), "expected 12 bytes for a picture of 2 x 2, got 6");
  EXPECT_ERROR(usage, picture_from_rgb(0, 2, {}), "sides from 1 to 16384, got 0 x 2");
  EXPECT_ERROR(usage, picture_from_rgb(-1, 2, {}), "-1 x 2");
  EXPECT_ERROR(usage, picture_from_rgb(20000, 1, noise(20000, 1)), "20000 x 1");
}

TEST(PictureTest, LosslessFormatsAreReadExactly) {
  const TestFolder folder;
  const auto rgb = noise(37, 21);
  write_file(folder / "rgb", {reinterpret_cast<const char*>(rgb.data()), rgb.size()});
  for (const std::string name : {"a.png", "a.bmp", "a.ppm", "a.tiff", "a.webp"}) {
    const std::string codec = name == "a.webp" ? " -c:v libwebp -lossless 1 -pix_fmt bgra" : "";
    run_ffmpeg("-f rawvideo -pix_fmt rgb24 -s 37x21 -i " + (folder / "rgb").string() + codec + " " +
               (folder / name).string());
    EXPECT_EQ(to_rgb(read_picture(folder / name)), rgb) << name;
  }
}

TEST(PictureTest, JpegAgreesWithTheFfmpegProgram) {
  const TestFolder folder;
  run_ffmpeg("-f lavfi -i testsrc2=s=123x77 -frames:v 1 -q:v 2 " + (folder / "a.jpg").string());
  run_ffmpeg("-i " + (folder / "a.jpg").string() + " -sws_flags bilinear+accurate_rnd+full_chroma_int " +
             "-pix_fmt rgb24 -f rawvideo " + (folder / "rgb").string());
  const std::string expected = read_file(folder / "rgb");
  const auto rgb = to_rgb(read_picture(folder / "a.jpg"));
  EXPECT_LT(mean_difference(rgb, {expected.begin(), expected.end()}), 1);
}

TEST(PictureTest, JpegKeepsThePicture) {
  const auto rgb = ramps(301, 267);
  const Picture picture = picture_from_rgb(301, 267, rgb);
  std::size_t smaller = 0;
  for (const int quality : {1, 30, 85, 100}) {
    const auto jpeg = encode_jpeg(picture, quality);
    EXPECT_EQ(jpeg[0], 0xFF);
    EXPECT_EQ(jpeg[1], 0xD8);
    EXPECT_GE(jpeg.size(), smaller);
    smaller = jpeg.size();
    const Picture back = decode_picture(jpeg, "jpeg");
    EXPECT_LT(mean_difference(to_rgb(back), rgb), quality < 30 ? 8 : quality < 85 ? 3 : 1.5) << quality;
  }
  EXPECT_ERROR(usage, encode_jpeg(picture, 0), "from 1 to 100, got 0");
}

TEST(PictureTest, RefusesWhatIsNoPicture) {
  const TestFolder folder;
  write_file(folder / "text.jpg", "frame,app\n0,1\n");
  write_file(folder / "list.m3u8", "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n");
  make_grey_clip(folder / "clip.avi", 3, "-c:v mjpeg");
  EXPECT_ERROR(unreadable, read_picture(folder / "none.jpg"), "none.jpg");
  EXPECT_ERROR(untrusted, read_picture(folder / "text.jpg"), "text.jpg: not a picture that can be read");
  EXPECT_ERROR(untrusted, read_picture(folder / "list.m3u8"), "list.m3u8: not a picture");
  EXPECT_ERROR(untrusted, read_picture(folder / "clip.avi"), "clip.avi: not a picture");
  EXPECT_ERROR(untrusted, decode_picture({}, "upload 3"), "upload 3: is empty");
  EXPECT_ERROR(untrusted, decode_picture(bytes_of(std::string(1000, '\0')), "zeros"), "zeros: not a picture");
}

TEST(PictureTest, RefusesTruncatedPictures) {
  const TestFolder folder;
  for (const std::string name : {"a.png", "a.jpg", "a.bmp", "a.webp"}) {
    run_ffmpeg("-f lavfi -i testsrc2=s=320x240 -frames:v 1 " + (folder / name).string());
    const std::string whole = read_file(folder / name);
    for (const double part : {0.01, 0.3, 0.6, 0.9}) {
      const auto size = static_cast<std::size_t>(static_cast<double>(whole.size()) * part);
      EXPECT_ERROR(untrusted, decode_picture(bytes_of(whole.substr(0, size)), name), name);
    }
  }
}

TEST(PictureTest, RefusesGiganticSizesBeforeAllocating) {
  const TestFolder folder;
  run_ffmpeg("-f lavfi -i color=s=16x16 -frames:v 1 " + (folder / "a.ppm").string());
  std::string bytes = read_file(folder / "a.ppm");
  bytes.replace(0, bytes.find("\n255"), "P6\n60000 60000");
  EXPECT_ERROR(untrusted, decode_picture(bytes_of(bytes), "bomb"), "bomb: ");
}

TEST(PictureTest, SurvivesDamage) {
  const TestFolder folder;
  std::mt19937 random(2);
  for (const std::string name : {"a.png", "a.jpg", "a.bmp", "a.webp", "a.gif", "a.tiff"}) {
    run_ffmpeg("-f lavfi -i testsrc2=s=64x48 -frames:v 1 " + (folder / name).string());
    const std::string whole = read_file(folder / name);
    for (int i = 0; i < 100; ++i) {
      std::string bytes = whole;
      for (int hits = 0; hits < 8; ++hits) bytes[random() % bytes.size()] = static_cast<char>(random());
      try {
        const Picture picture = decode_picture(bytes_of(bytes), name);
        EXPECT_EQ(to_rgb(picture).size(), static_cast<std::size_t>(picture.width()) * picture.height() * 3);
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(name));
      }
    }
  }
}

}  // namespace
}  // namespace mainstream
