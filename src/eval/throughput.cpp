#include "eval/throughput.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <thread>

#include "core/cpus.hpp"
#include "eval/statistics.hpp"
#include "graph/passes.hpp"
#include "infer/shared_network.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

using WallClock = std::chrono::steady_clock;

constexpr int kPictureWidth = 640, kPictureHeight = 480;
constexpr std::size_t kDefaultBranchpoints = 4;
constexpr const char* kNoSharing = "no sharing";

// The same network with weights of its own.
Graph with_own_weights(Graph graph, std::size_t app) {
  const float factor = 1 + 1e-4F * static_cast<float>(app + 1);
  for (auto& [name, tensor] : graph.constants) {
    if (tensor.shape.size() < 2) continue;  // not weights of a layer
    std::vector<float> values = *tensor.data;
    for (float& value : values) value *= factor;
    tensor = make_tensor(tensor.shape, std::move(values));
  }
  return graph;
}

Picture test_picture() {
  std::vector<std::uint8_t> rgb(std::size_t{kPictureWidth} * kPictureHeight * 3);
  for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<std::uint8_t>(i * 7 + i / 1000);
  // In the pixel format that cameras send.
  return decode_picture(encode_jpeg(picture_from_rgb(kPictureWidth, kPictureHeight, rgb)), "test picture");
}

// All apps of one stream.
class StreamApps {
 public:
  // Without a branchpoint, apps share nothing.
  StreamApps(const Base& base, const std::string& branchpoint, std::size_t apps, int threads)
      : engine_({.threads = threads}), picture_(test_picture()), scaler_(base.input), input_(scaler_.size()) {
    if (branchpoint.empty()) {
      for (std::size_t app = 0; app < apps; ++app)
        alone_.push_back(std::make_unique<Network>(engine_, with_own_weights(base.graph, app)));
      return;
    }
    const auto stem = std::make_shared<Stem>(engine_, base.graph, std::vector{branchpoint});
    std::vector<SharedNetwork::Member> tails;
    for (std::size_t app = 0; app < apps; ++app) {
      tails.emplace_back(
          std::make_shared<Tail>(*stem, with_own_weights(tail_of(base.graph, branchpoint), app)));
      due_.push_back(app);
    }
    shared_.emplace(stem, std::move(tails));
  }

  void analyse_frame() {
    if (shared_) {
      scaler_.scale(picture_, input_);
      shared_->stem().load(input_);
      shared_->run(due_);
    }
    for (const auto& network : alone_) {
      scaler_.scale(picture_, input_);
      (void)network->run(input_);
    }
  }

 private:
  const Engine engine_;
  const Picture picture_;
  InputScaler scaler_;
  std::vector<float> input_;
  std::optional<SharedNetwork> shared_;
  std::vector<std::size_t> due_;  // all
  std::vector<std::unique_ptr<Network>> alone_;
};

// Frames per second of one stream while the others run, too.
double frames_per_second(StreamApps& apps, std::latch& ready, std::chrono::milliseconds duration) {
  for (int i = 0; i < 2; ++i) apps.analyse_frame();  // warm-up
  ready.arrive_and_wait();
  const auto start = WallClock::now();
  int frames = 0;
  do {
    apps.analyse_frame();
    ++frames;
  } while (WallClock::now() - start < duration);
  return frames / std::chrono::duration<double>(WallClock::now() - start).count();
}

// The mean over the streams.
double measure_once(std::vector<std::unique_ptr<StreamApps>>& streams, std::chrono::milliseconds duration) {
  std::latch ready(std::ssize(streams));
  std::vector<double> fps(streams.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t s = 0; s < streams.size(); ++s)
      threads.emplace_back([&, s] { fps[s] = frames_per_second(*streams[s], ready, duration); });
  }
  return mean(fps);
}

Json measure_point(const Base& base, const std::string& branchpoint, std::size_t streams, std::size_t apps,
                   const ThroughputOptions& options) {
  const int threads = options.threads > 0 ? options.threads : usable_cpus();
  const int each = std::max(1, threads / static_cast<int>(streams));
  std::vector<std::unique_ptr<StreamApps>> running;
  for (std::size_t s = 0; s < streams; ++s)
    running.push_back(std::make_unique<StreamApps>(base, branchpoint, apps, each));
  Json fps = Json::array();
  for (int i = 0; i < options.repeats; ++i) fps.push_back(measure_once(running, options.duration));
  return fps;
}

struct ThroughputPoint {
  std::size_t streams = 0, apps = 0;
  std::string line;
  std::vector<double> fps;  // of the repeats
  [[nodiscard]] double median() const {
    std::vector<double> sorted = fps;
    std::ranges::sort(sorted);
    return sorted[sorted.size() / 2];
  }
};

// By name, the branchpoint of each line; none for no sharing.
std::vector<std::pair<std::string, std::string>> lines_of(const Base& base,
                                                          const ThroughputOptions& options) {
  std::vector<std::pair<std::string, std::string>> lines{{kNoSharing, ""}};
  const auto wanted =
      options.branchpoints.empty() ? spread_branchpoints(base, kDefaultBranchpoints) : options.branchpoints;
  for (const std::string& tensor : wanted) {
    const Branchpoint* branchpoint = base.find_branchpoint(tensor);
    if (branchpoint == nullptr)
      throw Error(ErrorKind::usage,
                  fmt::format("--branchpoint: {} has no branchpoint \"{}\"", base.name, tensor));
    lines.emplace_back(fmt::format("{:.0f} % shared ({})", 100 * branchpoint->fraction, tensor), tensor);
  }
  return lines;
}

ExperimentReport::Section stream_section(const std::vector<ThroughputPoint>& points, std::size_t streams) {
  const std::string title = streams == 1 ? "One stream" : fmt::format("{} streams at the same time", streams);
  Plot plot{.title = title,
            .x_label = "number of apps on each stream",
            .y_label = "frames per second of each stream",
            .series = {},
            .y_range = {}};
  std::map<std::size_t, std::vector<std::string>> rows;
  ExperimentReport::Section section{.heading = title, .text = {}, .charts = {}, .table = {{"apps"}}};
  for (const ThroughputPoint& point : points) {
    if (point.streams != streams) continue;
    if (plot.series.empty() || plot.series.back().label != point.line) {
      section.table.front().push_back(point.line);
      plot.series.push_back(
          {point.line, {}, PlotSeries::Style::lines, static_cast<int>(plot.series.size() % 7) + 1});
    }
    const auto [lowest, highest] = std::ranges::minmax(point.fps);
    plot.series.back().points.emplace_back(static_cast<double>(point.apps), point.median());
    rows[point.apps].push_back(fmt::format("{:.1f} ({:.1f} to {:.1f})", point.median(), lowest, highest));
  }
  for (const auto& [apps, cells] : rows) {
    section.table.push_back({std::to_string(apps)});
    section.table.back().insert(section.table.back().end(), cells.begin(), cells.end());
  }
  section.charts = {{fmt::format("{}-streams", streams), std::move(plot)}};
  return section;
}

}  // namespace

std::vector<std::string> spread_branchpoints(const Base& base, std::size_t count) {
  std::vector<std::string> chosen;
  for (std::size_t i = 1; i <= count; ++i) {
    const double wanted = static_cast<double>(i) / static_cast<double>(count);
    const std::string& tensor = nearest_branchpoint(base.branchpoints, wanted).tensor;
    if (std::ranges::find(chosen, tensor) == chosen.end()) chosen.push_back(tensor);
  }
  return chosen;
}

ExperimentFiles run_throughput(const ExperimentSetup& setup, const Base& base,
                               const ThroughputOptions& options) {
  const auto lines = lines_of(base, options);
  ExperimentResults results(setup, lines.size() * options.streams.size() * options.apps.size());
  std::vector<ThroughputPoint> points;
  ExperimentReport report;
  report.figures = {{"streams", "apps", "sharing", "repeat", "fps"}};
  for (const std::size_t streams : options.streams) {
    for (const auto& [line, branchpoint] : lines) {
      for (const std::size_t apps : options.apps) {
        const std::string name = fmt::format("{} streams, {} apps, {}", streams, apps, line);
        const Json cell = results.cell(
            name, [&, &tensor = branchpoint] { return measure_point(base, tensor, streams, apps, options); });
        ThroughputPoint& point = points.emplace_back(ThroughputPoint{streams, apps, line, {}});
        const JsonField fps(cell, name);
        for (std::size_t i = 0; i < fps.size(); ++i) {
          point.fps.push_back(fps.at(i).number(0, 1e9));
          report.figures.push_back({std::to_string(streams), std::to_string(apps), line,
                                    std::to_string(i + 1), fmt::format("{:.3f}", point.fps.back())});
        }
      }
    }
    report.sections.push_back(stream_section(points, streams));
  }
  report.title = "Throughput of " + base.name;
  report.runs = fmt::format("{} repeats of {} ms for each point; the median is shown", options.repeats,
                            options.duration.count());
  report.spread = "in brackets: the lowest and the highest repeat";
  report.sections.front().text = {
      "Each app's network is the base with weights of its own. Shared: a frame is scaled once and the stem "
      "runs once, then each app's tail; without sharing each app scales and runs the whole network. Decoding "
      "is left out. Several streams divide the threads among them."};
  return results.write(report);
}

}  // namespace mainstream
