#include "serve/certificate.hpp"

#include <cstdlib>

#include "core/file.hpp"
#include "core/log.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

// What the openssl program says of a file.
std::string openssl(const std::string& arguments, const std::filesystem::path& folder) {
  const std::filesystem::path output = folder / "openssl.out";
  const std::string command = "openssl " + arguments + " > " + output.string() + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return read_file(output);
}

class CertificateTest : public testing::Test {
 protected:
  CertificateTest() { set_log_level("off"); }
  ~CertificateTest() override { set_log_level("info"); }
  [[nodiscard]] std::string fingerprint(const std::vector<std::string>& names,
                                        std::chrono::days later = {}) const {
    return own_certificate(file_, names, now_ + later).fingerprint;
  }

  TestFolder folder_;
  const std::filesystem::path file_ = folder_ / "serve.pem";
  const WallTime now_ = wall_now();
};

TEST_F(CertificateTest, IsWhatOpensslReads) {
  const OwnCertificate own =
      own_certificate(file_, {"Gate.local", "192.0.2.7", "[2001:DB8::1]", "not a host", "x,DNS:evil"}, now_);
  EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms(0600));
  const std::string text = openssl("x509 -noout -text -in " + file_.string(), folder_.path());
  EXPECT_THAT(text, HasSubstr("prime256v1"));
  EXPECT_THAT(text, HasSubstr("DNS:gate.local, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:1\n"));
  EXPECT_THAT(text, HasSubstr("CA:FALSE"));
  EXPECT_THAT(text, HasSubstr("TLS Web Server Authentication"));
  EXPECT_THAT(openssl("x509 -noout -fingerprint -sha256 -in " + file_.string(), folder_.path()),
              HasSubstr("Fingerprint=" + own.fingerprint));
  (void)openssl("verify -CAfile " + file_.string() + " -verify_hostname gate.local " + file_.string(),
                folder_.path());
  (void)openssl("x509 -noout -checkend 71193600 -in " + file_.string(), folder_.path());  // 824 days
}

TEST_F(CertificateTest, StaysUntilItsNamesOrItsTimeAreOver) {
  const std::string first = fingerprint({"gate.local", "192.0.2.7"});
  EXPECT_EQ(fingerprint({"192.0.2.7", "gate.local"}), first);
  EXPECT_EQ(fingerprint({"gate.local", "192.0.2.7"}, std::chrono::days(790)), first);
  const std::string moved = fingerprint({"gate.local", "192.0.2.8"});
  EXPECT_NE(moved, first);
  EXPECT_EQ(fingerprint({"gate.local", "192.0.2.8"}), moved);
  const std::string renewed = fingerprint({"gate.local", "192.0.2.8"}, std::chrono::days(800));
  EXPECT_NE(renewed, moved);
  write_file(file_, "-----BEGIN PRIVATE KEY-----\nbroken");
  EXPECT_NE(fingerprint({"gate.local", "192.0.2.8"}), renewed);
  EXPECT_ERROR(storage, own_certificate(folder_ / "no" / "serve.pem", {"x"}, now_), "cannot write");
}

}  // namespace
}  // namespace mainstream
