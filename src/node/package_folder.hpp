// Packages that came through the control API: files SHA256.mpkg in the folder `packages` of a node's state
// directory.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/output.hpp"
#include "node/config.hpp"

namespace mainstream {

// Any thread.
class PackageFolder {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{256} << 20;  // of one package
  static constexpr std::size_t kMostUnused = 32;                     // packages that no app runs

  // Removes what broken uploads left.
  explicit PackageFolder(const std::filesystem::path& state);

  // A file that comes in pieces; gone with the object unless it was taken. Ends before the folder.
  class Upload {
   public:
    ~Upload();
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;
    void add(std::string_view bytes);  // throws storage

   private:
    friend class PackageFolder;
    explicit Upload(PackageFolder& folder);
    PackageFolder& folder_;
    std::filesystem::path path_;
    Descriptor file_;
  };
  // Nothing while another upload is under way. Throws storage.
  [[nodiscard]] std::unique_ptr<Upload> begin();

  struct Taken {
    std::string sha256, app;
    bool is_new = true;   // it was not there yet
    std::string no_base;  // why it was not taken: it is for another base than those; empty: it was
  };
  // Verifies the whole package, and that it answers with numbers, for one of these bases. Beyond kMostUnused,
  // the oldest that no app of `config` runs goes. Throws untrusted, unsupported or unreadable for what is no
  // package, and storage.
  [[nodiscard]] Taken take(Upload& upload, const NodeConfig& config);

  // Where the package with this hash is, whether it is there or not.
  [[nodiscard]] std::filesystem::path path_of(const std::string& sha256) const;

 private:
  void remove_unused(const NodeConfig& config) const;

  const std::filesystem::path folder_;
  std::atomic<bool> uploading_ = false;
};

}  // namespace mainstream
