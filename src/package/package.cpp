#include "mainstream/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/json.hpp"
#include "core/sha256.hpp"
#include "mainstream/error.hpp"
#include "package/archive.hpp"
#include "package/manifest.hpp"
#include "package/refuse.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{4} << 20;

Manifest read_manifest(const ArchiveReader& archive) {
  const std::string where = archive.path().string();
  const ArchiveReader::Entry* entry = archive.find(kManifestFile);
  if (entry == nullptr) refuse(where, fmt::format("no M-Package: it has no {}", kManifestFile));
  if (entry->size > kMaxManifestBytes) {
    refuse(where, fmt::format("{} has {} bytes, more than the {} allowed", kManifestFile, entry->size,
                              kMaxManifestBytes));
  }
  return parse_manifest(archive.read(*entry), fmt::format("{}: {}", where, kManifestFile));
}

// Names are never used as paths, but an archive that holds such a name was made to do harm.
void check_name(const ArchiveReader& archive, const std::string& name) {
  const bool climbs =
      name.starts_with("../") || name.find("/../") != std::string::npos || name.ends_with("/..");
  if (name.starts_with('/') || climbs || name.find('\\') != std::string::npos) {
    refuse(archive.path().string(), fmt::format("entry {} is a path outside the archive", in_quotes(name)));
  }
}

void check_entries(const ArchiveReader& archive, const Manifest& manifest) {
  for (const ArchiveReader::Entry& entry : archive.entries()) {
    const auto is_it = [&](const Candidate& candidate) { return candidate.file == entry.name; };
    if (entry.name == kManifestFile ||
        std::any_of(manifest.candidates.begin(), manifest.candidates.end(), is_it)) {
      continue;
    }
    refuse(archive.path().string(), fmt::format("entry {} is not in the manifest", in_quotes(entry.name)));
  }
}

const ArchiveReader::Entry& entry_of(const ArchiveReader& archive, const Candidate& candidate) {
  const ArchiveReader::Entry* entry = archive.find(candidate.file);
  if (entry == nullptr) refuse(archive.path().string(), candidate.file + " is missing");
  if (entry->size != candidate.size) {
    refuse(archive.path().string(),
           fmt::format("{} has {} bytes, the manifest says {}", candidate.file, entry->size, candidate.size));
  }
  return *entry;
}

void check_hash(const ArchiveReader& archive, const Candidate& candidate, const std::string& found) {
  if (found == candidate.sha256) return;
  refuse(archive.path().string(),
         fmt::format("{} has sha256 {}, the manifest says {}", candidate.file, found, candidate.sha256));
}

// Throws untrusted unless `tail` leads from the candidate's branchpoint to one logit for each class.
void check_tail(const Graph& tail, const Candidate& candidate, std::size_t classes,
                const std::string& where) {
  if (tail.inputs != std::vector<std::string>{candidate.branchpoint}) {
    refuse(where,
           fmt::format("must have one input, the branchpoint {}, has {}", in_quotes(candidate.branchpoint),
                       in_quotes(fmt::format("{}", fmt::join(tail.inputs, " ")))));
  }
  const Shape wanted{1, static_cast<std::int64_t>(classes)};
  if (tail.outputs.size() != 1)
    refuse(where, fmt::format("must have one output, has {}", tail.outputs.size()));
  if (const Shape& logits = tail.shape(tail.outputs[0]); logits != wanted) {
    refuse(where, fmt::format("gives {}, the {} classes of the manifest need {}", to_string(logits), classes,
                              to_string(wanted)));
  }
  for (const auto& [tensor, range] : candidate.ranges) {
    if (tail.shapes.contains(tensor)) continue;
    refuse(where, fmt::format("has no tensor {}, for which the manifest has a range", in_quotes(tensor)));
  }
}

}  // namespace

std::vector<std::size_t> positive_classes(const Manifest& manifest) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < manifest.classes.size(); ++i) {
    if (std::ranges::find(manifest.positive, manifest.classes[i]) != manifest.positive.end())
      places.push_back(i);
  }
  return places;
}

const AnswerQuality* Candidate::quality(const PrecisionPair& with) const {
  if (with == PrecisionPair{}) return this;
  const auto found = precisions.find(with);
  return found == precisions.end() ? nullptr : &found->second;
}

struct MPackage::State {
  explicit State(const std::filesystem::path& path) : archive(path) {}
  ArchiveReader archive;
  Manifest manifest;
};

MPackage::MPackage(std::unique_ptr<State> state) : state_(std::move(state)) {}
MPackage::~MPackage() = default;
MPackage::MPackage(MPackage&&) noexcept = default;
MPackage& MPackage::operator=(MPackage&&) noexcept = default;

MPackage MPackage::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>(path);
  const ArchiveReader& archive = state->archive;
  for (const ArchiveReader::Entry& entry : archive.entries()) check_name(archive, entry.name);
  state->manifest = read_manifest(archive);
  check_entries(archive, state->manifest);
  for (const Candidate& candidate : state->manifest.candidates) {
    Sha256 hash;
    archive.read(entry_of(archive, candidate), [&](std::string_view piece) { hash.add(piece); });
    check_hash(archive, candidate, hash.finish());
  }
  return MPackage(std::move(state));
}

const Manifest& MPackage::manifest() const {
  return state_->manifest;
}
const std::filesystem::path& MPackage::path() const {
  return state_->archive.path();
}

std::string MPackage::onnx(const Candidate& candidate) const {
  std::string bytes = state_->archive.read(entry_of(state_->archive, candidate));
  check_hash(state_->archive, candidate, sha256(bytes));
  return bytes;
}

Graph MPackage::tail(const Candidate& candidate) const {
  const std::string where = fmt::format("{}: {}", path().string(), candidate.file);
  Graph tail = parse_onnx(onnx(candidate), where);
  check_tail(tail, candidate, state_->manifest.classes.size(), where);
  return tail;
}

void MPackage::verify(const Base& base) const {
  const std::string where = path().string();
  if (manifest().base_id != base.id) {
    refuse(where, fmt::format("made for base {} (id {}), not for {} (id {})", in_quotes(manifest().base_name),
                              manifest().base_id, in_quotes(base.name), base.id));
  }
  if (manifest().input != base.input) {
    refuse(where, fmt::format("base {} prepares its input differently", in_quotes(base.name)));
  }
  for (const Candidate& candidate : manifest().candidates) {
    const std::string tail_where = fmt::format("{}: {}", where, candidate.file);
    const Branchpoint* branchpoint = base.find_branchpoint(candidate.branchpoint);
    if (branchpoint == nullptr) {
      refuse(tail_where, fmt::format("{} is no branchpoint of base {}", in_quotes(candidate.branchpoint),
                                     in_quotes(base.name)));
    }
    if (branchpoint->layers != candidate.frozen_layers ||
        std::abs(branchpoint->fraction - candidate.frozen_fraction) > 1e-6) {
      refuse(tail_where,
             fmt::format("claims {} frozen layers, {} of the work; the base has {} and {} before {}",
                         candidate.frozen_layers, candidate.frozen_fraction, branchpoint->layers,
                         branchpoint->fraction, in_quotes(candidate.branchpoint)));
    }
    const Graph graph = tail(candidate);
    const Shape &given = graph.shape(candidate.branchpoint),
                &wanted = base.graph.shape(candidate.branchpoint);
    if (given != wanted) {
      refuse(tail_where, fmt::format("reads {} at {}, where the base has {}", to_string(given),
                                     in_quotes(candidate.branchpoint), to_string(wanted)));
    }
  }
}

void write_package(const std::filesystem::path& path, Manifest manifest, const std::vector<Graph>& tails) {
  const std::string where = path.string();
  if (tails.size() != manifest.candidates.size()) {
    throw Error(ErrorKind::usage, fmt::format("{}: {} tails for {} candidates", where, tails.size(),
                                              manifest.candidates.size()));
  }
  std::vector<ArchiveEntry> entries(1);
  for (std::size_t i = 0; i < tails.size(); ++i) {
    Candidate& candidate = manifest.candidates[i];
    candidate.file = candidate_file(i);
    Graph tail = tails[i];
    tail.name = manifest.app;  // else the path of the base on the machine where it was trained
    std::string bytes = to_onnx(tail);
    candidate.sha256 = sha256(bytes);
    candidate.size = bytes.size();
    entries.push_back({candidate.file, std::move(bytes)});
  }
  entries[0] = {std::string(kManifestFile), to_json(manifest)};
  try {
    (void)parse_manifest(entries[0].bytes, fmt::format("{}: {}", where, kManifestFile));
    for (std::size_t i = 0; i < tails.size(); ++i) {
      check_tail(tails[i], manifest.candidates[i], manifest.classes.size(),
                 fmt::format("{}: {}", where, manifest.candidates[i].file));
    }
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());  // the fault is the caller's, not a file's
  }
  write_archive(path, entries);
}

}  // namespace mainstream
