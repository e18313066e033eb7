#include "mainstream/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/file.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "package/archive.hpp"
#include "package/manifest.hpp"
#include "package/refuse.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{4} << 20;

Manifest read_manifest(const ArchiveReader& archive) {
  const std::string where = archive.path().string();
  const ArchiveReader::Entry* entry = archive.find(kManifestFile);
  if (entry == nullptr) refuse(where, fmt::format("not an M-Package: it has no {}", kManifestFile));
  if (entry->size > kMaxManifestBytes) {
    refuse(where, fmt::format("{}: expected at most {} bytes, got {}", kManifestFile, kMaxManifestBytes,
                              entry->size));
  }
  return parse_manifest(archive.read(*entry), fmt::format("{}: {}", where, kManifestFile));
}

// Names are never used as paths, but an archive with such a name is hostile.
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

std::string listed(const std::vector<std::string>& tensors) {
  std::string text;
  for (const std::string& tensor : tensors) text += (text.empty() ? "" : ", ") + in_quotes(tensor);
  return text;
}

// Throws untrusted unless `graph` maps the tensors that the candidate reads to one logit for each class.
void check_graph(const Graph& graph, const Candidate& candidate, std::size_t classes,
                 const std::string& where) {
  if (graph.inputs != candidate.reads) {
    refuse(where, fmt::format("expected inputs {}, got {}", listed(candidate.reads), listed(graph.inputs)));
  }
  const Shape wanted{1, static_cast<std::int64_t>(classes)};
  if (graph.outputs.size() != 1)
    refuse(where, fmt::format("expected one output, got {}", graph.outputs.size()));
  if (const Shape& logits = graph.shape(graph.outputs[0]); logits != wanted) {
    refuse(where, fmt::format("expected logits of {} for the {} classes of the manifest, got {}",
                              to_string(wanted), classes, to_string(logits)));
  }
  for (const auto& [tensor, range] : candidate.ranges) {
    if (graph.shapes.contains(tensor)) continue;
    refuse(where, fmt::format("has no tensor {}, for which the manifest has a range", in_quotes(tensor)));
  }
}

// Throws untrusted unless the base has the branchpoints that the candidate reads, in this order, and the last
// one at the place that the candidate claims.
void check_place(const Candidate& candidate, const Base& base, const std::string& where) {
  std::int64_t layers = -1;
  for (const std::string& tensor : candidate.reads) {
    const Branchpoint* read = base.find_branchpoint(tensor);
    if (read == nullptr) {
      refuse(where,
             fmt::format("{} is not a branchpoint of base {}", in_quotes(tensor), in_quotes(base.name)));
    }
    if (read->layers <= layers) {
      refuse(where,
             fmt::format("reads {} after a deeper tensor; expected the base's order", in_quotes(tensor)));
    }
    layers = read->layers;
  }
  const Branchpoint& branchpoint = base.branchpoint(candidate.branchpoint);
  if (branchpoint.layers != candidate.frozen_layers ||
      std::abs(branchpoint.fraction - candidate.frozen_fraction) > 1e-6) {
    refuse(where,
           fmt::format("claims {} frozen layers with {} of the work; the base has {} with {} before {}",
                       candidate.frozen_layers, candidate.frozen_fraction, branchpoint.layers,
                       branchpoint.fraction, in_quotes(candidate.branchpoint)));
  }
}

void check_shapes(const Graph& graph, const Base& base, const std::string& where) {
  for (const std::string& tensor : graph.inputs) {
    const Shape &given = graph.shape(tensor), &wanted = base.graph.shape(tensor);
    if (given == wanted) continue;
    refuse(where, fmt::format("reads {} at {}, where the base has {}", to_string(given), in_quotes(tensor),
                              to_string(wanted)));
  }
}

}  // namespace

std::string candidate_id(CandidateKind kind, const Base& base, const std::vector<std::string>& reads) {
  std::string id = to_string(kind);
  for (const std::string& tensor : reads) id += fmt::format("-{}", base.branchpoint(tensor).layers);
  return id;
}

const Candidate& Manifest::candidate(const std::string& id) const {
  const auto found = std::ranges::find(candidates, id, &Candidate::id);
  if (found != candidates.end()) return *found;
  std::string known;
  for (const Candidate& candidate : candidates) known += (known.empty() ? "" : ", ") + candidate.id;
  throw Error(ErrorKind::usage, fmt::format("app {} has no candidate {}; expected one of: {}", in_quotes(app),
                                            in_quotes(id), known));
}

std::vector<std::size_t> positive_classes(const Manifest& manifest) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < manifest.classes.size(); ++i) {
    if (std::ranges::find(manifest.positive, manifest.classes[i]) != manifest.positive.end())
      places.push_back(i);
  }
  return places;
}

const AnswerQuality* Candidate::quality(const NumberTypes& with) const {
  if (with == NumberTypes{}) return this;
  const auto found = number_types.find(with);
  return found == number_types.end() ? nullptr : &found->second;
}

struct MPackage::State {
  explicit State(const std::filesystem::path& path) : archive(path) {}
  ArchiveReader archive;
  Manifest manifest;
  std::string sha256;
};

MPackage MPackage::open(const std::filesystem::path& path) {
  auto state = std::make_shared<State>(path);
  const ArchiveReader& archive = state->archive;
  for (const ArchiveReader::Entry& entry : archive.entries()) check_name(archive, entry.name);
  state->manifest = read_manifest(archive);
  check_entries(archive, state->manifest);
  for (const Candidate& candidate : state->manifest.candidates) {
    Sha256 hash;
    archive.read(entry_of(archive, candidate), [&](std::string_view piece) { hash.add(piece); });
    check_hash(archive, candidate, hash.finish());
  }
  state->sha256 = mainstream::sha256(read_file(path));
  return MPackage(std::move(state));
}

const std::string& MPackage::sha256() const {
  return state_->sha256;
}

const Manifest& MPackage::manifest() const {
  return state_->manifest;
}
const std::filesystem::path& MPackage::path() const {
  return state_->archive.path();
}

std::string MPackage::onnx(const Candidate& candidate) const {
  std::string bytes = state_->archive.read(entry_of(state_->archive, candidate));
  check_hash(state_->archive, candidate, mainstream::sha256(bytes));
  return bytes;
}

Graph MPackage::graph(const Candidate& candidate) const {
  const std::string where = fmt::format("{}: {}", path().string(), candidate.file);
  Graph graph = parse_onnx(onnx(candidate), where);
  check_graph(graph, candidate, state_->manifest.classes.size(), where);
  return graph;
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
    const std::string candidate_where = fmt::format("{}: {}", where, candidate.file);
    check_place(candidate, base, candidate_where);
    check_shapes(graph(candidate), base, candidate_where);
  }
}

void write_package(const std::filesystem::path& path, Manifest manifest, const std::vector<Graph>& graphs) {
  const std::string where = path.string();
  if (graphs.size() != manifest.candidates.size()) {
    throw Error(ErrorKind::usage, fmt::format("{}: expected {} networks, one for each candidate, got {}",
                                              where, manifest.candidates.size(), graphs.size()));
  }
  std::vector<ArchiveEntry> entries(1);
  for (std::size_t i = 0; i < graphs.size(); ++i) {
    Candidate& candidate = manifest.candidates[i];
    candidate.file = candidate_file(i);
    Graph graph = graphs[i];
    graph.name = manifest.app;  // otherwise the path of the base on the training machine
    std::string bytes = to_onnx(graph);
    candidate.sha256 = sha256(bytes);
    candidate.size = bytes.size();
    entries.push_back({candidate.file, std::move(bytes)});
  }
  entries[0] = {std::string(kManifestFile), to_json(manifest)};
  try {
    (void)parse_manifest(entries[0].bytes, fmt::format("{}: {}", where, kManifestFile));
    for (std::size_t i = 0; i < graphs.size(); ++i) {
      check_graph(graphs[i], manifest.candidates[i], manifest.classes.size(),
                  fmt::format("{}: {}", where, manifest.candidates[i].file));
    }
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());  // the caller is at fault, not a file
  }
  write_archive(path, entries);
}

}  // namespace mainstream
