#include "node/package_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/base.hpp"
#include "mainstream/error.hpp"
#include "mainstream/package.hpp"
#include "mainstream/planning.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUploadName = "upload.part";    // one at a time
constexpr auto kPatience = std::chrono::seconds(10);  // with the disk

[[noreturn]] void cannot_write(const fs::path& path, const std::string& why) {
  throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), why));
}

// What is wrong with a package, without the name of the file that it came as.
std::string without_path(const std::string& text, const fs::path& path) {
  const std::string start = path.string() + ": ";
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

}  // namespace

PackageFolder::PackageFolder(const fs::path& state) : folder_(fs::absolute(state) / "packages") {
  std::error_code ignored;
  fs::remove(folder_ / kUploadName, ignored);
}

fs::path PackageFolder::path_of(const std::string& sha256) const {
  return folder_ / package_file_name(sha256);
}

std::unique_ptr<PackageFolder::Upload> PackageFolder::begin() {
  if (uploading_.exchange(true)) return nullptr;
  try {
    return std::unique_ptr<Upload>(new Upload(*this));
  } catch (...) {
    uploading_ = false;
    throw;
  }
}

PackageFolder::Upload::Upload(PackageFolder& folder) : folder_(folder), path_(folder.folder_ / kUploadName) {
  std::error_code error;
  fs::create_directories(folder.folder_, error);
  if (error) cannot_write(folder.folder_, error.message());
  file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file_.is_open()) cannot_write(path_, std::strerror(errno));
}

PackageFolder::Upload::~Upload() {
  ::unlink(path_.c_str());
  folder_.uploading_ = false;
}

void PackageFolder::Upload::add(std::string_view bytes) {
  write_all(file_, bytes, path_, kPatience);
}

PackageFolder::Taken PackageFolder::take(Upload& upload, const NodeConfig& config) {
  Taken taken;
  try {
    const MPackage package = MPackage::open(upload.path_);
    taken.sha256 = package.sha256();
    taken.app = package.manifest().app;
    taken.no_base = fmt::format("was made for base {} (id {}), which the node does not have",
                                in_quotes(package.manifest().base_name), package.manifest().base_id);
    for (const fs::path& path : config.node.bases) {
      const Base base = read_base(path);
      if (base.id != package.manifest().base_id) continue;
      taken.no_base.clear();
      package.verify(base);
      check_answers(package, base);
    }
  } catch (const Error& error) {
    throw Error(error.kind(), without_path(error.what(), upload.path_));
  }
  if (!taken.no_base.empty()) return taken;
  const fs::path path = path_of(taken.sha256);
  taken.is_new = !fs::exists(path);
  if (::fsync(upload.file_.get()) != 0 || ::rename(upload.path_.c_str(), path.c_str()) != 0)
    cannot_write(path, std::strerror(errno));
  remove_unused(config);
  return taken;
}

void PackageFolder::remove_unused(const NodeConfig& config) const {
  struct Unused {
    fs::file_time_type time;
    fs::path path;
  };
  std::vector<Unused> unused;
  std::error_code gone;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, gone)) {
    if (entry.path().extension() != ".mpkg") continue;
    const auto runs = [&](const AppConfig& app) { return app.package == entry.path(); };
    if (std::ranges::none_of(config.apps, runs))
      unused.push_back({entry.last_write_time(gone), entry.path()});
  }
  std::ranges::sort(unused, std::greater(), &Unused::time);
  for (std::size_t i = kMostUnused; i < unused.size(); ++i) {
    module_log("node").info("removes the package {}: no app runs it", unused[i].path.string());
    fs::remove(unused[i].path, gone);
  }
}

}  // namespace mainstream
