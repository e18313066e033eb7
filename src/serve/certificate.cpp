#include "serve/certificate.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <optional>
#include <set>

#include "core/file.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::chrono::days kLasts{825};  // longer ones are refused by some clients
constexpr std::chrono::days kLeastLeft{30};
constexpr std::uint64_t kMostPem = 64 << 10;
constexpr std::size_t kMostCommonName = 64;  // RFC 5280, ub-common-name

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <typename Value>
using Owned = std::unique_ptr<Value, Free>;

struct KeyAndCertificate {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
};

void check(bool done) {
  if (!done) throw Error(ErrorKind::failed, "OpenSSL cannot make a certificate");
}

// Names as openssl's configuration has them, "DNS:gate.local" or "IP:192.0.2.1"; others are left out.
std::set<std::string> alternative_names(const std::vector<std::string>& names) {
  constexpr std::string_view kHostLetters = "abcdefghijklmnopqrstuvwxyz0123456789-.";
  std::set<std::string> result;
  for (std::string name : names) {
    name = ascii_lower(name);
    if (name.size() > 2 && name.front() == '[') name = name.substr(1, name.size() - 2);
    std::array<unsigned char, 16> address{};
    const int family = name.find(':') == std::string::npos ? AF_INET : AF_INET6;
    if (::inet_pton(family, name.c_str(), address.data()) == 1) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      ::inet_ntop(family, address.data(), text.data(), text.size());
      result.insert(std::string("IP:") + text.data());
    } else if (!name.empty() && name.find_first_not_of(kHostLetters) == std::string::npos) {
      result.insert("DNS:" + name);
    }
  }
  return result;
}

std::set<std::string> names_in(const X509& certificate) {
  std::set<std::string> result;
  const Owned<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type == GEN_DNS) {
      const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
      result.insert("DNS:" + std::string(text, static_cast<std::size_t>(ASN1_STRING_length(value))));
    } else if (type == GEN_IPADD) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      ::inet_ntop(ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value),
                  text.data(), text.size());
      result.insert(std::string("IP:") + text.data());
    }
  }
  return result;
}

std::time_t seconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// What the file holds, if it serves these names until `until`.
std::optional<KeyAndCertificate> usable(const std::filesystem::path& file, const std::set<std::string>& names,
                                        WallTime until) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return std::nullopt;
  const std::string pem = read_file(file, kMostPem);
  const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyAndCertificate read;
  read.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  read.certificate.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!read.key || !read.certificate || X509_check_private_key(read.certificate.get(), read.key.get()) != 1)
    return std::nullopt;
  std::time_t least = seconds_of(until);
  const bool lasts = X509_cmp_time(X509_get0_notAfter(read.certificate.get()), &least) > 0;
  if (!lasts || names_in(*read.certificate) != names) return std::nullopt;
  return read;
}

void add_extension(X509& certificate, int kind, const std::string& value) {
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  check(extension && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

KeyAndCertificate made(const std::set<std::string>& names, WallTime now) {
  KeyAndCertificate result{Owned<EVP_PKEY>(EVP_EC_gen("P-256")), Owned<X509>(X509_new())};
  check(result.key && result.certificate);
  X509& certificate = *result.certificate;
  check(X509_set_version(&certificate, X509_VERSION_3) == 1);
  const Owned<BIGNUM> serial(BN_new());
  check(BN_rand(serial.get(), 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1);
  check(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) != nullptr);
  check(ASN1_TIME_set(X509_getm_notBefore(&certificate), seconds_of(now)) != nullptr);
  check(ASN1_TIME_set(X509_getm_notAfter(&certificate), seconds_of(now + kLasts)) != nullptr);
  X509_NAME* subject = X509_get_subject_name(&certificate);
  const std::string common =
      names.empty() ? "mainstream" : names.begin()->substr(names.begin()->find(':') + 1);
  check(X509_NAME_add_entry_by_txt(
            subject, "CN", MBSTRING_UTF8,
            reinterpret_cast<const unsigned char*>(common.substr(0, kMostCommonName).c_str()), -1, -1,
            0) == 1);
  check(X509_set_issuer_name(&certificate, subject) == 1);
  check(X509_set_pubkey(&certificate, result.key.get()) == 1);
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  if (!list.empty()) add_extension(certificate, NID_subject_alt_name, list);
  add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate, NID_ext_key_usage, "serverAuth");
  check(X509_sign(&certificate, result.key.get(), EVP_sha256()) > 0);
  return result;
}

// One file for both, so that they are replaced together.
void write(const KeyAndCertificate& both, const std::filesystem::path& path) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PrivateKey(bio.get(), both.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  check(PEM_write_bio_X509(bio.get(), both.certificate.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  write_file(path, {bytes, static_cast<std::size_t>(size)}, Readers::owner);
}

std::string fingerprint_of(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  check(X509_digest(&certificate, EVP_sha256(), bytes.data(), &size) == 1);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{}{:02X}", i == 0 ? "" : ":", bytes[i]);
  return text;
}

}  // namespace

OwnCertificate own_certificate(const std::filesystem::path& file, const std::vector<std::string>& names,
                               WallTime now) {
  const std::set<std::string> wanted = alternative_names(names);
  if (const auto known = usable(file, wanted, now + kLeastLeft))
    return {file, fingerprint_of(*known->certificate)};
  const KeyAndCertificate fresh = made(wanted, now);
  write(fresh, file);
  module_log("serve").info("made a certificate for {}, good for {} days: {}",
                           word_list({wanted.begin(), wanted.end()}), kLasts.count(), file.string());
  return {file, fingerprint_of(*fresh.certificate)};
}

}  // namespace mainstream
