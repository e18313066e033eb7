#include <fmt/format.h>
#include <unistd.h>

#include "core/file.hpp"
#include "mainstream/error.hpp"
#include "mainstream/package.hpp"
#include "package/manifest.hpp"

namespace mainstream {
namespace {

// A folder beside its target: renamed at the end, or else removed.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& target)
      : target_(target.has_filename() ? target : target.parent_path()), path_(target_) {
    path_ += fmt::format(".{}.tmp", ::getpid());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!committed_) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void commit() {
    std::filesystem::rename(path_, target_);
    committed_ = true;
  }

 private:
  std::filesystem::path target_, path_;
  bool committed_ = false;
};

}  // namespace

void extract_package(const MPackage& package, const std::filesystem::path& folder) {
  if (std::filesystem::exists(std::filesystem::symlink_status(folder))) {
    throw Error(ErrorKind::usage, fmt::format("{}: already exists; name a new folder", folder.string()));
  }
  try {
    TemporaryFolder temporary(folder);
    std::filesystem::create_directories(temporary.path() / "candidates");
    write_file(temporary.path() / kManifestFile, to_json(package.manifest()));
    for (const Candidate& candidate : package.manifest().candidates) {
      write_file(temporary.path() / candidate.file, package.onnx(candidate));
    }
    temporary.commit();
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot write: {}", folder.string(), error.code().message()));
  }
}

}  // namespace mainstream
