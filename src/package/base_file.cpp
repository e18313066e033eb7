// Prepared bases on disk: ONNX files with mainstream.* entries in metadata_props.
#include <fmt/format.h>

#include <cmath>

#include "core/file.hpp"
#include "core/json.hpp"
#include "graph/passes.hpp"
#include "mainstream/base.hpp"
#include "mainstream/error.hpp"
#include "package/fingerprint.hpp"
#include "package/input_json.hpp"
#include "package/number_type_json.hpp"
#include "package/refuse.hpp"

namespace mainstream {
namespace {

constexpr std::string_view kFormat = "1";
constexpr const char* kFormatKey = "mainstream.format";
constexpr const char* kNameKey = "mainstream.name";
constexpr const char* kInputKey = "mainstream.input";
constexpr const char* kFeaturesKey = "mainstream.features";
constexpr const char* kBranchpointsKey = "mainstream.branchpoints";
constexpr const char* kIdKey = "mainstream.id";
constexpr const char* kRangesKey = "mainstream.ranges";
constexpr const char* kAgreementKey = "mainstream.agreement";

const std::string& entry(const Graph& graph, const std::string& where, const char* key) {
  const auto found = graph.metadata.find(key);
  if (found == graph.metadata.end()) {
    refuse(where,
           fmt::format("not a prepared base: metadata {} is missing (make one with: mainstream base prepare)",
                       key));
  }
  return found->second;
}

InputSpec read_input(const Graph& graph, const std::string& where) {
  const std::string source = fmt::format("{}: {}", where, kInputKey);
  InputSpec input = parse_input(read_json(entry(graph, where, kInputKey), source));
  const Shape wanted{1, 3, input.height, input.width};
  if (graph.inputs.size() != 1 || graph.shape(graph.inputs[0]) != wanted) {
    refuse(source, fmt::format("expected the shape of the network's one input, got {}", to_string(wanted)));
  }
  return input;
}

std::vector<Branchpoint> read_branchpoints(const Graph& graph, const std::string& where) {
  const std::string source = fmt::format("{}: {}", where, kBranchpointsKey);
  const JsonField list = read_json(entry(graph, where, kBranchpointsKey), source);
  std::vector<Branchpoint> points;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonField field = list.at(i);
    field.allow_only({"tensor", "layers", "fraction"});
    points.push_back(
        {field["tensor"].text(), field["layers"].integer(0, INT32_MAX), field["fraction"].number(0, 1)});
  }
  return points;
}

// Schedules and costs rely on the metadata, so it must match the graph.
void check_branchpoints(const Base& base, const std::string& where) {
  const std::vector<Branchpoint> found = find_branchpoints(base.graph, base.features);
  const auto same = [](const Branchpoint& a, const Branchpoint& b) {
    return a.tensor == b.tensor && a.layers == b.layers && std::abs(a.fraction - b.fraction) < 1e-6;
  };
  if (!std::equal(found.begin(), found.end(), base.branchpoints.begin(), base.branchpoints.end(), same)) {
    refuse(where, fmt::format("{} does not fit the network (prepare the base again)", kBranchpointsKey));
  }
}

Json branchpoints_to_json(const std::vector<Branchpoint>& points) {
  Json list = Json::array();
  for (const Branchpoint& point : points) {
    list.push_back({{"tensor", point.tensor}, {"layers", point.layers}, {"fraction", point.fraction}});
  }
  return list;
}

// Only a calibrated base has ranges.
Ranges read_ranges(const Graph& graph, const std::string& where) {
  const auto found = graph.metadata.find(kRangesKey);
  if (found == graph.metadata.end()) return {};
  const std::string source = fmt::format("{}: {}", where, kRangesKey);
  Ranges ranges = parse_ranges(read_json(found->second, source));
  for (const auto& [tensor, range] : ranges) {
    if (!graph.shapes.contains(tensor))
      refuse(source, fmt::format("the network has no tensor {}", in_quotes(tensor)));
  }
  return ranges;
}

std::map<NumberType, Agreement> read_agreement(const Graph& graph, const std::string& where) {
  const auto found = graph.metadata.find(kAgreementKey);
  if (found == graph.metadata.end()) return {};
  const std::string source = fmt::format("{}: {}", where, kAgreementKey);
  const JsonField list = read_json(found->second, source);
  std::map<NumberType, Agreement> agreement;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const JsonField field = list.at(i);
    field.allow_only({"precision", "top1", "mean_cosine", "lowest_cosine", "pictures"});
    agreement[parse_number_type(field["precision"])] = {
        .top1 = field["top1"].number(0, 1),
        .mean_cosine = field["mean_cosine"].number(-1.001, 1.001),
        .lowest_cosine = field["lowest_cosine"].number(-1.001, 1.001),
        .inputs = static_cast<std::size_t>(field["pictures"].integer(0, INT32_MAX))};
  }
  return agreement;
}

Json agreement_to_json(const std::map<NumberType, Agreement>& all) {
  Json list = Json::array();
  for (const auto& [number_type, agreement] : all) {
    list.push_back({{"precision", to_string(number_type)},
                    {"top1", agreement.top1},
                    {"mean_cosine", agreement.mean_cosine},
                    {"lowest_cosine", agreement.lowest_cosine},
                    {"pictures", agreement.inputs}});
  }
  return list;
}

void put_if_any(Graph& graph, const char* key, const Json& list) {
  graph.metadata.erase(key);
  if (!list.empty()) graph.metadata[key] = json_text(list);
}

}  // namespace

Base read_base(const std::filesystem::path& path) {
  const std::string where = path.string();
  Base base;
  base.graph = read_onnx(path);
  const Graph& graph = base.graph;
  if (const std::string& format = entry(graph, where, kFormatKey); format != kFormat) {
    refuse(where, fmt::format("{}: expected {}, got {}", kFormatKey, in_quotes(kFormat), in_quotes(format)));
  }
  base.name = entry(graph, where, kNameKey);
  base.input = read_input(graph, where);
  base.features = entry(graph, where, kFeaturesKey);
  if (const auto found = graph.shapes.find(base.features);
      found == graph.shapes.end() || found->second.size() != 4) {
    refuse(where, fmt::format("{} is {}, which is not a convolutional tensor of the network", kFeaturesKey,
                              in_quotes(base.features)));
  }
  base.branchpoints = read_branchpoints(graph, where);
  check_branchpoints(base, where);
  base.ranges = read_ranges(graph, where);
  base.agreement = read_agreement(graph, where);
  base.id = fingerprint(graph);
  if (const std::string& id = entry(graph, where, kIdKey); id != base.id) {
    refuse(where, fmt::format("{} is {}, but graph and weights have {}: the file was changed", kIdKey,
                              in_quotes(id), base.id));
  }
  return base;
}

Graph cut_base(const Base& base, const std::string& tensor) {
  if (!base.graph.shapes.contains(tensor)) {
    std::vector<std::string_view> known;
    for (const auto& [name, shape] : base.graph.shapes) known.push_back(name);
    const std::string hint = did_you_mean(tensor, known);
    throw Error(ErrorKind::usage, fmt::format("base {} has no tensor {}{}", base.name, in_quotes(tensor),
                                              hint.empty() ? "; mainstream base show lists them" : hint));
  }
  Graph cut = stem_of(base.graph, tensor);
  cut.name = fmt::format("{} to {}", base.name, tensor);
  cut.metadata[kInputKey] = json_text(input_to_json(base.input));
  return cut;
}

void write_base(const Base& base, const std::filesystem::path& path) {
  Graph graph = base.graph;
  graph.name = base.name;
  graph.metadata[kFormatKey] = std::string(kFormat);
  graph.metadata[kNameKey] = base.name;
  graph.metadata[kInputKey] = json_text(input_to_json(base.input));
  graph.metadata[kFeaturesKey] = base.features;
  graph.metadata[kBranchpointsKey] = json_text(branchpoints_to_json(base.branchpoints));
  graph.metadata[kIdKey] = base.id;
  put_if_any(graph, kRangesKey, ranges_to_json(base.ranges));
  put_if_any(graph, kAgreementKey, agreement_to_json(base.agreement));
  write_file(path, to_onnx(graph));
}

}  // namespace mainstream
