// Sources by the form of their names. Each kind may open the protocols and formats that it needs and no
// others: FFmpeg knows formats that name other files (playlists, scripts), so a file could otherwise make it
// read any.
#include "media/source_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

using Kind = SourceAddress::Kind;
namespace fs = std::filesystem;

// Videos and still pictures whose bytes stand in the file itself.
constexpr const char* kVideoFormats =
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,h264,hevc,m4v,mjpeg,mpjpeg,flv,asf,ogg,ivf,obu,gif,apng,"
    "yuv4mpegpipe,nut,"
    "mxf,jpeg_pipe,png_pipe,bmp_pipe,webp_pipe";
// Segments of HLS are videos, sound or subtitles.
constexpr const char* kHttpFormats = ",hls,aac,ac3,mp3,webvtt";

struct Scheme {
  std::string_view name;
  Kind kind;
  const char* protocols;
};
constexpr std::array<Scheme, 6> kSchemes{{
    {"rtsp", Kind::rtsp, "rtsp,rtp,udp,tcp"},
    {"rtsps", Kind::rtsp, "rtsps,rtsp,rtp,udp,tcp,tls"},
    {"http", Kind::http, "http,https,tls,tcp,crypto,httpproxy"},
    {"https", Kind::http, "http,https,tls,tcp,crypto,httpproxy"},
    {"udp", Kind::mpegts, "udp"},
    {"tcp", Kind::mpegts, "tcp"},
}};
constexpr const char* kForms =
    "a file, a folder of pictures, \"-\" (standard input), a device (/dev/video0), test:WIDTHxHEIGHT@FPS, "
    "or a url with rtsp, rtsps, http, https, udp or tcp";

[[noreturn]] void refuse(const std::string& source, const std::string& expected) {
  throw Error(ErrorKind::usage, fmt::format("{}: expected {}", without_password(source), expected));
}

// What stands before the first colon, if it can be a scheme.
std::string scheme_of(const std::string& source) {
  const auto colon = source.find(':');
  if (colon == std::string::npos || colon == 0) return "";
  const std::string scheme = ascii_lower(std::string_view(source).substr(0, colon));
  const bool fits = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  });
  return fits ? scheme : "";
}

SourceAddress url_address(const std::string& source, const Scheme& scheme) {
  const std::string rest = source.substr(scheme.name.size() + 1);
  if (!rest.starts_with("//") || rest.size() == 2 || rest[2] == '/') {
    refuse(source, fmt::format("{}://HOST...", scheme.name));
  }
  const bool clean =
      std::none_of(source.begin(), source.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (!clean) refuse(source, "a url without control characters");
  SourceAddress address{.kind = scheme.kind,
                        .url = std::string(scheme.name) + ":" + rest,
                        .shown = without_password(source),
                        .protocols = scheme.protocols,
                        .formats = "",
                        .live = scheme.kind != Kind::http};
  if (scheme.kind == Kind::rtsp) address.formats = "rtsp";
  if (scheme.kind == Kind::mpegts) address.formats = "mpegts";
  if (scheme.kind == Kind::http) address.formats = std::string(kVideoFormats) + kHttpFormats;
  return address;
}

// What kind of thing stands at a path. What does not exist counts as a file, whose opening says so.
Kind kind_at(const std::string& path) {
  std::error_code ignored;
  switch (fs::status(path, ignored).type()) {
    case fs::file_type::directory:
      return Kind::pictures;
    case fs::file_type::character:
      return Kind::device;
    case fs::file_type::fifo:
      return Kind::pipe;
    default:
      return Kind::file;
  }
}

SourceAddress path_address(const std::string& source, const std::string& path, Kind kind) {
  return {.kind = kind,
          .url = path,
          .shown = without_password(source),
          .protocols = kind == Kind::file ? "file" : "",
          .formats = kind == Kind::device ? "video4linux2" : kVideoFormats,
          .live = kind == Kind::device};
}

std::string path_after_scheme(const std::string& source, std::size_t scheme) {
  std::string path = source.substr(scheme + 1);
  return path.starts_with("///") ? path.substr(2) : path;
}

bool parse_whole(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

// For "user@host:port/path/name.ext?query": "name", or "host:port" without a path.
std::string name_in_url(const std::string& rest) {
  const std::string location = rest.substr(0, rest.find_first_of("?#"));
  const std::string authority = location.substr(0, location.find('/'));
  std::string path = location.substr(authority.size());
  while (path.ends_with('/')) path.pop_back();
  if (!path.empty()) return fs::path(path).stem().string();
  return authority.substr(authority.rfind('@') + 1);  // npos + 1 is 0
}

}  // namespace

bool SourceAddress::has_one_format() const {
  return kind == Kind::rtsp || kind == Kind::device || kind == Kind::mpegts;
}

SourceAddress parse_source(const std::string& source) {
  if (source.empty()) refuse("the source", kForms);
  if (source == "-") return path_address("standard input", source, Kind::pipe);
  std::error_code ignored;
  // A path may contain what looks like a scheme ("12:30.avi").
  if (fs::exists(source, ignored)) return path_address(source, source, kind_at(source));
  const std::string scheme = scheme_of(source);
  if (scheme == "test") {
    (void)parse_test_picture(source);
    return {
        .kind = Kind::test, .url = source, .shown = source, .protocols = "", .formats = "", .live = false};
  }
  if (scheme == "file" || scheme == "v4l2") {
    const std::string path = path_after_scheme(source, scheme.size());
    return path_address(source, path, scheme == "v4l2" ? Kind::device : kind_at(path));
  }
  for (const Scheme& known : kSchemes) {
    if (scheme == known.name) return url_address(source, known);
  }
  if (source.find("://") != std::string::npos) refuse(source, kForms);
  return path_address(source, source, source.starts_with("/dev/video") ? Kind::device : Kind::file);
}

std::string default_stream_name(const std::string& source) {
  if (source == "-") return "stdin";
  const std::string scheme = scheme_of(source);
  std::string rest = without_password(source);
  const auto slashes = rest.find("://");
  std::string name;
  if (scheme == "test") {
    name = scheme;
  } else if (slashes != std::string::npos && scheme != "file") {
    name = name_in_url(rest.substr(slashes + 3));
  } else {
    while (rest.size() > 1 && rest.ends_with('/')) rest.pop_back();
    name = fs::path(rest.substr(0, rest.find_first_of("?#"))).stem().string();
  }
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_') c = '-';
  }
  name = as_name(name);  // not too long, no dot at the start
  const bool says_something = name.find_first_not_of(".-") != std::string::npos;
  return says_something ? name : "stream";
}

TestPictureSpec parse_test_picture(const std::string& source) {
  TestPictureSpec spec;
  std::string text = source.substr(source.find(':') + 1);
  bool valid = true;
  if (const auto at = text.find('@'); at != std::string::npos) {
    valid = parse_whole(std::string_view(text).substr(at + 1), spec.fps);
    text.resize(at);
  }
  if (!text.empty()) {
    const auto cross = std::min(text.find('x'), text.size());
    double width = 0, height = 0;
    valid = valid && parse_whole(std::string_view(text).substr(0, cross), width) &&
            parse_whole(std::string_view(text).substr(std::min(cross + 1, text.size())), height) &&
            width == std::floor(width) && height == std::floor(height) && width >= 1 && height >= 1 &&
            width <= 16384 && height <= 16384;
    if (valid) spec.width = static_cast<int>(width);
    if (valid) spec.height = static_cast<int>(height);
  }
  if (!valid || !(spec.fps >= 0.01 && spec.fps <= 1000)) {
    refuse(source, "test:WIDTHxHEIGHT@FPS with sides from 1 to 16384 and 0.01 to 1000 frames per second");
  }
  return spec;
}

}  // namespace mainstream
