// Against a real server.
#include "fleet/package_cache.hpp"

#include <fmt/format.h>

#include <memory>

#include "core/child_testing.hpp"
#include "core/file.hpp"
#include "core/testing.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

class PackageCacheTest : public testing::Test {
 protected:
  PackageCacheTest() {
    std::filesystem::create_directories(folder_ / "files");
    server_ = python_server("net/testdata/file_server.py", port_,
                            {(folder_ / "files").string(), (folder_ / "log").string()});
  }

  // A package of this content; `before` its name makes the server misbehave.
  [[nodiscard]] DesiredPackage package(const std::string& content, const std::string& before = {}) const {
    const std::string hash = sha256(content);
    write_file(folder_ / "files" / hash, content);
    return {content.substr(0, 8), hash, content.size(),
            fmt::format("http://127.0.0.1:{}/{}{}", port_, before, hash)};
  }
  // The same files over https, with a certificate for this name alone.
  [[nodiscard]] std::unique_ptr<ChildProcess> https_server(int port, const std::string& name) const {
    const std::string pem = certificate(port).string();
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=test -addext subjectAltName=" +
        name + " -keyout " + pem + ".key -out " + pem + ".crt 2> /dev/null && cat " + pem + ".key " + pem +
        ".crt > " + pem;
    if (std::system(make.c_str()) != 0) throw Error(ErrorKind::failed, make);
    return python_server("net/testdata/file_server.py", port,
                         {(folder_ / "files").string(), (folder_ / "log").string(), pem});
  }
  [[nodiscard]] std::filesystem::path certificate(int port) const {
    return folder_ / fmt::format("{}.pem", port);
  }
  [[nodiscard]] std::vector<std::string> kept() const {
    std::vector<std::string> names;
    if (!exists(folder_ / "kept")) return names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "kept"))
      names.push_back(entry.path().filename());
    return names;
  }

  TestFolder folder_;
  const int port_ = free_port();
  std::unique_ptr<ChildProcess> server_;
  PackageCache cache_{folder_ / "kept", {}, 10'000};
};

TEST_F(PackageCacheTest, FetchesOnceVerifiesAndKeepsByHash) {
  const DesiredPackage one = package(std::string(3000, '1')), two = package(std::string(2000, '2'));
  std::vector<double> shares;
  EXPECT_EQ(cache_.fetch({one, two}, {}, [&](double share) { shares.push_back(share); }).error, "");
  EXPECT_EQ(shares.back(), 1.0);
  EXPECT_EQ(read_file(cache_.path_of(one)), std::string(3000, '1'));
  server_->end();
  EXPECT_EQ(cache_.fetch({two, one}, {}).error, "") << "nothing is fetched again";
  cache_.keep_only({two});
  EXPECT_THAT(kept(), testing::ElementsAre(two.sha256 + ".mpkg"));
  // What the disk has spoilt is fetched again.
  write_file(cache_.path_of(two), std::string(2000, '3'));
  EXPECT_TRUE(cache_.fetch({two}, {}).may_pass) << "the server is away";
}

TEST_F(PackageCacheTest, TakesNothingThatIsWrong) {
  DesiredPackage other = package(std::string(100, 'x'));
  other.sha256 = sha256("something else");
  const Download wrong = cache_.fetch({other}, {});
  EXPECT_THAT(wrong.error, testing::HasSubstr("package \"xxxxxxxx\": expected the sha256 " + other.sha256));
  EXPECT_FALSE(wrong.may_pass);
  EXPECT_THAT(kept(), testing::IsEmpty()) << "not even a part of it";
  const Download big = cache_.fetch({package(std::string(6000, 'a')), package(std::string(6000, 'b'))}, {});
  EXPECT_EQ(big.error, "the packages need 12000 bytes, max_packages_mb allows 10000");
}

TEST_F(PackageCacheTest, GoesOnAfterABreak) {
  DesiredPackage one = package(std::string(5000, 'p') + "q", "cut/");
  EXPECT_TRUE(cache_.fetch({one}, {}).may_pass);
  EXPECT_THAT(kept(), testing::ElementsAre(one.sha256 + ".mpkg.part"));
  one.url.erase(one.url.find("cut/"), 4);
  EXPECT_EQ(cache_.fetch({one}, {}).error, "");
  EXPECT_THAT(read_file(folder_ / "log"), testing::HasSubstr("bytes=2500-"));
  EXPECT_THAT(kept(), testing::ElementsAre(one.sha256 + ".mpkg"));
}

TEST_F(PackageCacheTest, OverHttpsItTakesThemFromWhomTheCertificateNames) {
  DesiredPackage one = package("a package");
  const auto fetch = [&](int port, const std::filesystem::path& trusted, const std::string& path = {}) {
    one.url = fmt::format("https://127.0.0.1:{}/{}{}", port, path, one.sha256);
    return PackageCache(folder_ / "kept", trusted, 10'000).fetch({one}, {});
  };
  const int good = free_port();
  const auto server = https_server(good, "IP:127.0.0.1");
  const int strange = free_port();
  const auto stranger = https_server(strange, "DNS:elsewhere.example");
  EXPECT_THAT(fetch(good, {}).error, testing::HasSubstr("certificate")) << "the system does not know it";
  EXPECT_THAT(fetch(good, certificate(strange)).error, testing::HasSubstr("certificate"));
  EXPECT_NE(fetch(strange, certificate(strange)).error, "") << "it is trusted, and for another name";
  EXPECT_NE(fetch(good, certificate(good), fmt::format("to/http://127.0.0.1:{}/", port_)).error, "")
      << "from https it does not go to http";
  EXPECT_EQ(file_size(folder_ / "kept" / (one.sha256 + ".mpkg.part")), 0U) << "nothing came";
  EXPECT_EQ(fetch(good, certificate(good)).error, "");
  EXPECT_EQ(read_file(cache_.path_of(one)), "a package");
  EXPECT_THAT(kept(), testing::ElementsAre(one.sha256 + ".mpkg"));
}

}  // namespace
}  // namespace mainstream
