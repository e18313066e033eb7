// Reads an M-Package, from the archive to the tails.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzzing.hpp"
#include "mainstream/package.hpp"

namespace mainstream {
namespace {

// A file in memory, under a path that can be opened.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(::memfd_create("app.mpkg", MFD_CLOEXEC)) {
    expect(fd_ >= 0 && ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
           "a file in memory can be made");
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void run(std::string_view bytes) {
  const MemoryFile file(bytes);
  accepts(file.path(), [&] {
    const MPackage package = MPackage::open(file.path());
    for (const Candidate& candidate : package.manifest().candidates) (void)package.graph(candidate);
  });
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
