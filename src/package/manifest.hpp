// manifest.json (docs/formats.md): reading and writing.
#pragma once

#include <string>
#include <string_view>

#include "mainstream/package.hpp"
#include "package/words.hpp"

namespace mainstream {

inline constexpr int kManifestFormat = 2;  // written; format 1 is read, too
inline constexpr Words<CandidateKind, 2> kCandidateKinds{
    {{CandidateKind::exit, "exit"}, {CandidateKind::tail, "tail"}}};
inline constexpr Words<EventModel::Origin, 3> kEventOrigins{{{EventModel::Origin::measured, "measured"},
                                                             {EventModel::Origin::given, "given"},
                                                             {EventModel::Origin::defaults, "defaults"}}};

inline constexpr std::string_view kManifestFile = "manifest.json";

// "candidates/00.onnx" for the first.
[[nodiscard]] std::string candidate_file(std::size_t index);

// What is wrong with this as the name of an app ("must not contain ..."); nothing if it may be one.
[[nodiscard]] std::string fault_of_app_name(std::string_view name);

// Throws untrusted, naming `source` and the field, for anything that the format does not allow. Leaves out
// the event tables of format 1, which used another score, and logs a warning.
[[nodiscard]] Manifest parse_manifest(std::string_view text, const std::string& source);

}  // namespace mainstream
