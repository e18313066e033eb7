#include "eval/base64.hpp"

#include <cstddef>

namespace mainstream {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i;  // three bytes make four digits
    const std::uint32_t group =
        bytes[i] << 16U | (count > 1 ? bytes[i + 1] << 8U : 0U) | (count > 2 ? bytes[i + 2] : 0U);
    text += kDigits[group >> 18U];
    text += kDigits[group >> 12U & 63U];
    text += count > 1 ? kDigits[group >> 6U & 63U] : '=';
    text += count > 2 ? kDigits[group & 63U] : '=';
  }
  return text;
}

}  // namespace mainstream
