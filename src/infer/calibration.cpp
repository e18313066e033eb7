#include "mainstream/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "infer/fusion.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kBins = 4096;

// The distribution of one activation: its extremes, then a histogram between them.
class ValueHistogram {
 public:
  void widen(std::span<const float> values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    range_.low = std::min(range_.low, *low);
    range_.high = std::max(range_.high, *high);
  }

  void count(std::span<const float> values) {
    const float width = range_.high - range_.low;
    if (!(width > 0)) return;
    const float scale = static_cast<float>(kBins) / width;
    for (const float value : values) {
      const auto bin = static_cast<std::size_t>(std::max(0.0F, (value - range_.low) * scale));
      ++counts_[std::min(bin, kBins - 1)];
    }
    all_ += static_cast<double>(values.size());
  }

  [[nodiscard]] Range range(double share) const {
    if (share >= 1 || all_ == 0) return range_;
    const double left_out = all_ * (1 - share) / 2;
    const auto edge = [&](auto begin, auto end) {
      double seen = 0;
      return static_cast<float>(
          std::find_if(begin, end, [&](double count) { return (seen += count) > left_out; }) - begin);
    };
    const float bin = (range_.high - range_.low) / static_cast<float>(kBins);
    Range cut{range_.low + edge(counts_.begin(), counts_.end()) * bin,
              range_.high - edge(counts_.rbegin(), counts_.rend()) * bin};
    // Zero must be exact: it is the value of padding and of clipped activations.
    return {std::min(cut.low, 0.0F), std::max(cut.high, 0.0F)};
  }

 private:
  Range range_;  // includes 0
  std::array<double, kBins> counts_{};
  double all_ = 0;
};

// The activations that a run writes to memory, up to the last convolution's.
std::vector<std::string> observed(const Graph& graph) {
  std::vector<std::string> tensors;
  std::size_t end = 0;
  for (const FusedNode& fused : fuse(graph, {graph.outputs.begin(), graph.outputs.end()})) {
    tensors.push_back(graph.nodes[fused.last()].output);
    if (std::holds_alternative<op::Conv>(graph.nodes[fused.node].op)) end = tensors.size();
  }
  tensors.resize(end);
  return tensors;
}

std::size_t highest(std::span<const float> values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

double cosine(std::span<const float> a, std::span<const float> b) {
  const double product = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  const double norms = std::sqrt(std::inner_product(a.begin(), a.end(), a.begin(), 0.0) *
                                 std::inner_product(b.begin(), b.end(), b.begin(), 0.0));
  return norms > 0 ? product / norms : 1;
}

Graph with_outputs(Graph graph, std::vector<std::string> outputs) {
  graph.outputs = std::move(outputs);
  return graph;
}

void check(const Graph& graph, std::span<const std::vector<float>> inputs) {
  if (graph.inputs.size() != 1)
    throw Error(ErrorKind::usage, graph.name + " has several inputs, expected one");
  if (inputs.empty()) throw Error(ErrorKind::usage, "no pictures to calibrate with");
}

}  // namespace

Ranges measure_ranges(const Engine& engine, const Graph& graph, std::span<const std::vector<float>> inputs,
                      const CalibrateOptions& options) {
  check(graph, inputs);
  const std::vector<std::string> tensors = observed(graph);
  if (tensors.empty()) return {};
  std::vector<ValueHistogram> histograms(tensors.size());
  Network network(engine, with_outputs(graph, tensors));
  const auto run = [&](auto act) {
    for (const auto& values : inputs) {
      const std::span<const float> input = values;
      const auto outputs = network.run(std::span(&input, 1));
      for (std::size_t i = 0; i < outputs.size(); ++i) act(histograms[i], outputs[i]);
    }
  };
  run([](ValueHistogram& histogram, std::span<const float> values) { histogram.widen(values); });
  if (options.share < 1) {
    run([](ValueHistogram& histogram, std::span<const float> values) { histogram.count(values); });
  }
  Ranges ranges;
  for (std::size_t i = 0; i < tensors.size(); ++i) ranges[tensors[i]] = histograms[i].range(options.share);
  return ranges;
}

Agreement measure_agreement(const Engine& engine, const Graph& graph, const std::string& features,
                            std::span<const std::vector<float>> inputs, NumberType number_type,
                            const Ranges& ranges) {
  check(graph, inputs);
  const Graph observed_graph = with_outputs(graph, {graph.outputs.front(), features});
  Network exact(engine, observed_graph), other(engine, observed_graph, number_type, ranges);
  Agreement agreement{.lowest_cosine = 1, .inputs = inputs.size()};
  for (const auto& values : inputs) {
    const std::span<const float> input = values;
    const auto expected = exact.run(std::span(&input, 1)), got = other.run(std::span(&input, 1));
    agreement.top1 += highest(expected[0]) == highest(got[0]) ? 1 : 0;
    const double similarity = cosine(expected[1], got[1]);
    agreement.mean_cosine += similarity;
    agreement.lowest_cosine = std::min(agreement.lowest_cosine, similarity);
  }
  agreement.top1 /= static_cast<double>(inputs.size());
  agreement.mean_cosine /= static_cast<double>(inputs.size());
  return agreement;
}

}  // namespace mainstream
