#include "core/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace mainstream {

std::string base64(std::span<const std::uint8_t> bytes) {
  // In pieces of whole groups of three: EVP_EncodeBlock counts in int, and only the last piece is padded.
  constexpr std::size_t kPiece = std::size_t{3} << 20;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::string encoded(kPiece / 3 * 4 + 1, '\0');  // and the zero that EVP_EncodeBlock writes
  for (std::size_t begin = 0; begin < bytes.size(); begin += kPiece) {
    const auto piece = bytes.subspan(begin, std::min(kPiece, bytes.size() - begin));
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), piece.data(),
                                       static_cast<int>(piece.size()));
    text.append(encoded, 0, static_cast<std::size_t>(length));
  }
  return text;
}

}  // namespace mainstream
