// SHA-256 as lower-case hexadecimal text.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace mainstream {

[[nodiscard]] std::string sha256(std::string_view bytes);

// Of a file's bytes, read in pieces. Throws unreadable.
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& path);

[[nodiscard]] bool is_sha256(std::string_view text);

// The name of a package's file where packages are kept by their hashes.
[[nodiscard]] std::string package_file_name(const std::string& sha256);

// HMAC-SHA256 (RFC 2104), likewise.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

// Hashes data that comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(std::string_view bytes);
  [[nodiscard]] std::string finish();  // call once, last

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace mainstream
