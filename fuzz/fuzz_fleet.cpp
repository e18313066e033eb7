// Reads what comes over MQTT to a node and to whoever governs it.
#include "core/text.hpp"
#include "fleet/messages.hpp"
#include "fuzzing.hpp"

namespace mainstream {
namespace {

void try_state(std::string_view json) {
  DesiredState state;
  if (!accepts("desired", [&] { state = parse_desired(json); })) return;
  expect(state.version >= 1, "versions begin with 1");
  for (const DesiredPackage& package : state.packages) {
    expect(package.sha256.size() == 64 &&
               package.sha256.find_first_not_of("0123456789abcdef") == std::string::npos,
           "a hash names a file in its folder");
    expect(package.bytes > 0 && package_url_fault(package.url).empty(), "a package is somewhere");
  }
  const DesiredState again = parse_desired(to_json(state));
  expect(again.version == state.version && again.same_but_for_version(state), "a state reads back the same");
}

void run(std::string_view input) {
  try_state(input);
  NodeReport report;
  if (accepts("reported", [&] { report = parse_report(input); }))
    expect(to_json(parse_report(to_json(report))) == to_json(report), "a report reads back the same");
  RangeRequest request;
  if (accepts("get", [&] { request = parse_range_request(input); })) {
    expect(name_fault(request.receiver).empty(), "a receiver is one level of a topic");
    expect(request.limit >= 0 && request.limit <= kMostInRange, "a range has an end");
    (void)range_answer(request, {}, 0);
  }
  expect(node_in_topic(input).find('/') == std::string::npos, "a node is one level of a topic");
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
