// The certificate of a node whose owner gave it none: self-signed, so clients pin its fingerprint.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

struct OwnCertificate {
  std::filesystem::path file;  // PEM: the key and the certificate, for its owner alone
  std::string fingerprint;     // SHA-256, as openssl writes it: "0A:1B:.."
};

// The one in the file if it is for these names and good for at least another month; else a new one in its
// place: EC P-256, for 825 days, with the names that are addresses or host names as its subjectAltName.
// Throws storage when the file cannot be written.
[[nodiscard]] OwnCertificate own_certificate(const std::filesystem::path& file,
                                             const std::vector<std::string>& names, WallTime now);

}  // namespace mainstream
