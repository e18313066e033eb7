#include "sink/hmac.hpp"

#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kBlock = 64;  // bytes that SHA-256 works on at once

std::string bytes_of(const std::string& hexadecimal) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string padded(const std::string& key, unsigned char with) {
  std::string block = key;
  block.resize(kBlock, '\0');
  for (char& c : block) c = static_cast<char>(static_cast<unsigned char>(c) ^ with);
  return block;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view message) {
  const std::string short_key = key.size() > kBlock ? bytes_of(sha256(key)) : std::string(key);
  const std::string inner = sha256(padded(short_key, 0x36) + std::string(message));
  return sha256(padded(short_key, 0x5C) + bytes_of(inner));
}

}  // namespace mainstream
