// What a source's name means, and what may be opened for it.
#pragma once

#include <string>

#include "mainstream/media.hpp"

namespace mainstream {

struct SourceAddress {
  enum class Kind { file, pipe, pictures, test, device, rtsp, http, mpegts };

  Kind kind = Kind::file;
  std::string url;  // what is opened: a path (file, pipe, pictures, device), else a url; "-": standard input
  std::string shown;      // the source without its password, for messages
  std::string protocols;  // FFmpeg's names of those that may be opened, separated by commas
  std::string formats;    // the same for formats
  bool live = false;      // always; a stream over HTTP may be live or not
  [[nodiscard]] bool has_one_format() const;  // its format is known before a byte is read
};

// Throws usage when the text has not the form of a source.
[[nodiscard]] SourceAddress parse_source(const std::string& source);

// A name for the stream of a source: the last part of its path without extension, else its host and port;
// letters, digits and ".-_" only, never empty.
[[nodiscard]] std::string default_stream_name(const std::string& source);

// The size and rate of a test picture, from "test:640x480@14", where size and rate may be missing.
struct TestPictureSpec {
  int width = 640, height = 480;
  double fps = 25;
};
[[nodiscard]] TestPictureSpec parse_test_picture(const std::string& source);

}  // namespace mainstream
