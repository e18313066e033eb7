// Reads scheduling problems.
#include "fuzzing.hpp"
#include "mainstream/problem_json.hpp"

namespace mainstream {
namespace {

void run(std::string_view text) {
  Problem problem;
  if (!accepts("p.json", [&] { problem = parse_problem(text, "p.json"); })) return;
  const std::string written = to_json(problem);
  expect(to_json(parse_problem(written, "written.json")) == written, "what is written reads back the same");
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
