#include "package/sha256.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

TEST(Sha256Test, KnownDigest) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, OfAFileIsThatOfItsBytes) {
  const TestFolder folder;
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, (std::size_t{1} << 20) + 1}) {
    const std::string bytes(size, 'a');
    write_file(folder / "file", bytes);
    EXPECT_EQ(sha256_of_file(folder / "file"), sha256(bytes)) << size;
  }
  EXPECT_ERROR(unreadable, sha256_of_file(folder / "nowhere"), "nowhere: cannot be read");
  EXPECT_ERROR(unreadable, sha256_of_file(folder.path()), "cannot be read");
}

}  // namespace
}  // namespace mainstream
