// Reads manifest.json without an archive, whose checksum would reject nearly every change.
#include "fuzzing.hpp"
#include "package/manifest.hpp"

namespace mainstream {
namespace {

void run(std::string_view text) {
  Manifest manifest;
  if (!accepts("m.json", [&] { manifest = parse_manifest(text, "m.json"); })) return;
  const std::string written = to_json(manifest);
  expect(to_json(parse_manifest(written, "written.json")) == written, "what is written reads back the same");
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
