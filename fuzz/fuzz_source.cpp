// Reads names of sources and credentials, and hides what must not be shown of them.
#include <algorithm>

#include "fuzzing.hpp"
#include "media/credentials.hpp"
#include "media/source_address.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

// The text as the end of a password that a person put into a url as it is.
void hide(const std::string& text) {
  (void)without_password(text);
  constexpr const char* kMark = "q7Zsecret";
  if (text.find(':') != std::string::npos) return;  // it may begin another url
  const std::string url = std::string("rtsp://user:") + kMark + text + "@cam/live";
  expect(without_password(url).find(kMark) == std::string::npos, "a password is hidden: " + url);
}

void run(const std::string& text) {
  hide(text);
  const std::string name = default_stream_name(text);
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  expect(plain && !name.empty(), "a stream's name is plain: " + name);
  (void)accepts("creds:", [&] { (void)parse_credentials(text, "creds"); });
  try {
    const SourceAddress address = parse_source(text);
    expect(!address.shown.empty(), "a source can be shown");
  } catch (const Error& error) {
    expect(error.kind() == ErrorKind::usage, std::string("the command line is to blame: ") + error.what());
  }
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
