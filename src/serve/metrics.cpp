#include "serve/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

namespace mainstream {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using MetricLabels = std::vector<ClientMetric::Label>;

// Collects families; a value joins the family that was begun last.
class Families {
 public:
  void begin(const std::string& name, MetricType type, const std::string& help) {
    families_.push_back({name, help, type, {}});
  }
  void add(double value, MetricLabels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (families_.back().type == MetricType::Counter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
  }
  void add(const FrameAges& ages, MetricLabels labels) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.histogram.sample_count = static_cast<std::uint64_t>(ages.frames);
    metric.histogram.sample_sum = ages.total_s;
    for (std::size_t i = 0; i < FrameAges::kBounds.size(); ++i)
      metric.histogram.bucket.push_back({static_cast<std::uint64_t>(ages.up_to[i]), FrameAges::kBounds[i]});
    metric.histogram.bucket.push_back(
        {static_cast<std::uint64_t>(ages.frames), std::numeric_limits<double>::infinity()});
    families_.back().metric.push_back(std::move(metric));
  }
  void counter(const std::string& name, const std::string& help) { begin(name, MetricType::Counter, help); }
  void gauge(const std::string& name, const std::string& help) { begin(name, MetricType::Gauge, help); }
  // A family without values would be a name without meaning.
  [[nodiscard]] std::string text() {
    std::erase_if(families_, [](const MetricFamily& family) { return family.metric.empty(); });
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  std::vector<MetricFamily> families_;
};

void add_streams(Families& out, const NodeState& state) {
  out.gauge("mainstream_stream_up", "1 while pictures of the stream come, else 0.");
  for (const auto& s : state.streams) out.add(s.up ? 1 : 0, {{"stream", s.name}});
  out.counter("mainstream_stream_frames_total", "Decoded frames.");
  for (const auto& s : state.streams) out.add(static_cast<double>(s.frames), {{"stream", s.name}});
  out.counter("mainstream_stream_reconnects_total", "Times that the stream was opened again.");
  for (const auto& s : state.streams) {
    out.add(static_cast<double>(s.reconnects), {{"stream", s.name}});
  }
}

void add_times(Families& out, const NodeState& state) {
  out.counter("mainstream_decode_seconds_total", "Processor time of decoding.");
  for (const auto& s : state.streams)
    out.add(s.decode_ms * static_cast<double>(s.frames) / 1e3, {{"stream", s.name}});
  out.counter("mainstream_stem_seconds_total", "Processor time of what apps share: scaling and stems.");
  for (const auto& s : state.streams) out.add(s.stem_ms / 1e3, {{"stream", s.name}});
  out.counter("mainstream_tail_seconds_total", "Processor time of an app's own networks.");
  for (const auto& a : state.apps)
    out.add(a.own_ms / 1e3, {{"app", app_name(a.id, a.stream)}, {"stream", a.stream}});
  out.begin("mainstream_frame_age_seconds", MetricType::Histogram,
            "Age of analysed frames: from the decoder to the answer.");
  for (const auto& s : state.streams) out.add(s.ages, {{"stream", s.name}});
}

void add_drops(Families& out, const NodeState& state) {
  out.counter(
      "mainstream_frames_dropped_total",
      "Lost frames by cause; without an app those of the stream, with one those that its plan asked for.");
  const auto add = [&](const std::string& stream, const std::string& app, const Drops& drops) {
    const auto one = [&](const char* cause, std::int64_t frames) {
      out.add(static_cast<double>(frames), {{"stream", stream}, {"app", app}, {"cause", cause}});
    };
    one("overload", drops.overload);
    one("budget", drops.budget);
    one("camera", drops.camera);
  };
  for (const auto& s : state.streams) add(s.name, "", s.drops);
  for (const auto& a : state.apps) add(a.stream, app_name(a.id, a.stream), a.drops);
}

void add_apps(Families& out, const NodeState& state) {
  const auto labels = [](const NodeState::App& app) -> MetricLabels {
    return {{"app", app_name(app.id, app.stream)}, {"stream", app.stream}};
  };
  out.gauge("mainstream_app_planned_fps",
            "Frames per second that the plan has analysed; 0: the app is not planned.");
  for (const auto& a : state.apps) out.add(a.planned ? a.setting.fps : 0, labels(a));
  out.counter("mainstream_app_analysed_frames_total", "Frames that the app's network has analysed.");
  for (const auto& a : state.apps) out.add(static_cast<double>(a.frames), labels(a));
  out.counter("mainstream_app_events_total", "Events that the app has raised.");
  for (const auto& a : state.apps) out.add(static_cast<double>(a.events), labels(a));
  out.gauge("mainstream_app_expected_f1", "Event F1 that the plan expects of the app, 0 to 1.");
  for (const auto& a : state.apps)
    if (a.planned) out.add(a.expected_f1, labels(a));
}

// What is not known yet has no value.
void add_picture_drift(Families& out, const NodeState& state) {
  const auto known = [](const NodeState::Stream& stream) { return stream.picture.finding != "learning"; };
  out.gauge("mainstream_picture_likeness",
            "How alike the stream's picture and what it was at first are, -1 to 1.");
  for (const auto& s : state.streams)
    if (known(s)) out.add(s.picture.likeness, {{"stream", s.name}});
  out.gauge("mainstream_picture_sharpness",
            "Sharpness of the stream's picture, by that of what it was at first.");
  for (const auto& s : state.streams)
    if (known(s)) out.add(s.picture.sharpness, {{"stream", s.name}});
}

void add_score_drift(Families& out, const NodeState& state) {
  const auto add = [&](const NodeState::App& app, const std::optional<double>& value, const char* from) {
    if (value)
      out.add(*value, {{"app", app_name(app.id, app.stream)}, {"stream", app.stream}, {"from", from}});
  };
  out.gauge("mainstream_score_divergence",
            "Population stability index of the last whole day's scores from those of the first days or of "
            "the package's validation.");
  for (const auto& a : state.apps) {
    add(a, a.scores.from_first_days, "first_days");
    add(a, a.scores.from_validation, "validation");
  }
  out.gauge("mainstream_positive_rate", "Share of positive frames on the last whole day, 0 to 1.");
  for (const auto& a : state.apps) {
    if (a.scores.positive_rate)
      out.add(*a.scores.positive_rate, {{"app", app_name(a.id, a.stream)}, {"stream", a.stream}});
  }
}

void add_verdicts(Families& out, const NodeState& state) {
  const auto labels = [](const NodeState::App& app, const char* name, const char* value) -> MetricLabels {
    return {{"app", app_name(app.id, app.stream)}, {"stream", app.stream}, {name, value}};
  };
  out.gauge("mainstream_verdicts", "Events of the last 30 days by what people said of them.");
  for (const auto& a : state.apps) {
    if (!a.judged) continue;
    out.add(static_cast<double>(a.judged->right), labels(a, "verdict", "true"));
    out.add(static_cast<double>(a.judged->wrong), labels(a, "verdict", "false"));
    out.add(static_cast<double>(a.judged->missed), labels(a, "verdict", "missed"));
  }
  out.gauge("mainstream_judged_f1", "Event F1 by these verdicts, 0 to 1, and the ends of its 90 % interval.");
  for (const auto& a : state.apps) {
    if (!a.judged) continue;
    out.add(a.judged->f1, labels(a, "bound", "none"));
    out.add(a.judged->f1_low, labels(a, "bound", "low"));
    out.add(a.judged->f1_high, labels(a, "bound", "high"));
  }
}

void add_drift_warnings(Families& out, const NodeState& state) {
  out.gauge(
      "mainstream_drift_warning",
      "1 while the node warns that a stream's picture (without an app), an app's scores or the verdicts "
      "on its events have changed, else 0.");
  const auto add = [&](const char* kind, const std::string& stream, const std::string& app,
                       const std::string& warning) {
    out.add(warning.empty() ? 0 : 1, {{"kind", kind}, {"stream", stream}, {"app", app}});
  };
  for (const auto& s : state.streams) add("picture", s.name, "", s.picture.warning);
  for (const auto& a : state.apps) {
    add("scores", a.stream, app_name(a.id, a.stream), a.scores.warning);
    if (a.judged) add("verdicts", a.stream, app_name(a.id, a.stream), a.judged->warning);
  }
}

void add_node(Families& out, const NodeState& state) {
  out.gauge("mainstream_budget_seconds_per_second", "Processor seconds per second that the plan may use.");
  out.add(state.plan.budget / 1e3);
  out.gauge("mainstream_busy_seconds_per_second",
            "Processor seconds per second of the workers, of the last seconds.");
  out.add(state.busy_ms_per_s / 1e3);
  out.counter("mainstream_plans_total", "Plans that came into force, by what made them.");
  for (const char* made_by : {"setup", "streams", "processors", "feedback", "repair"}) {
    const auto known = state.plans.find(made_by);
    out.add(known == state.plans.end() ? 0 : static_cast<double>(known->second), {{"reason", made_by}});
  }
}

void add_sinks(Families& out, const std::vector<SinkState>& sinks) {
  const auto labels = [](const SinkState& sink) -> MetricLabels { return {{"sink", sink.name}}; };
  out.gauge("mainstream_sink_up", "1 unless the last attempt to deliver failed.");
  for (const SinkState& s : sinks) out.add(s.up ? 1 : 0, labels(s));
  out.gauge("mainstream_sink_queue_events", "Records of events that are stored and not delivered.");
  for (const SinkState& s : sinks) out.add(static_cast<double>(s.lag), labels(s));
  out.counter("mainstream_sink_failures_total", "Attempts to deliver that failed.");
  for (const SinkState& s : sinks) out.add(static_cast<double>(s.failures), labels(s));
  out.counter("mainstream_sink_lost_total",
              "Records that were refused too often, or removed before their delivery.");
  for (const SinkState& s : sinks) out.add(static_cast<double>(s.skipped + s.missed), labels(s));
}

void add_store(Families& out, const StoreState& store) {
  out.gauge("mainstream_store_waiting_records", "Records of events that wait in memory for the disk.");
  out.add(static_cast<double>(store.waiting));
  out.counter("mainstream_store_dropped_events_total", "Events for which the store had no room.");
  out.add(static_cast<double>(store.dropped_events));
  out.gauge("mainstream_store_bytes", "Bytes of the database and the snapshots.");
  out.add(static_cast<double>(store.bytes));
  out.gauge("mainstream_store_writable", "1 while the store's disk can be written, else 0.");
  out.add(store.error.empty() ? 1 : 0);
}

// As Prometheus' own client libraries name them; the fields are those of proc(5).
void add_process(Families& out) {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return;
  std::istringstream rest(text.substr(name_end + 1));
  std::vector<std::string> fields;
  for (std::string word; rest >> word;) fields.push_back(word);
  if (fields.size() < 22) return;
  const auto field = [&](std::size_t number) {
    return std::stod(fields[number - 3]);
  };  // fields[0] is the third
  out.counter("process_cpu_seconds_total", "Processor time of the process.");
  out.add((field(14) + field(15)) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  out.gauge("process_virtual_memory_bytes", "Virtual memory.");
  out.add(field(23));
  out.gauge("process_resident_memory_bytes", "Resident memory.");
  out.add(field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  out.gauge("process_threads", "Threads of the process.");
  out.add(field(20));
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  if (error) return;
  out.gauge("process_open_fds", "Open file descriptors.");
  out.add(static_cast<double>(std::distance(begin(descriptors), end(descriptors))));
}

}  // namespace

std::string metrics_text(const ServiceState& state, bool of_node) {
  Families out;
  add_streams(out, state.node);
  add_times(out, state.node);
  add_drops(out, state.node);
  add_apps(out, state.node);
  add_picture_drift(out, state.node);
  add_score_drift(out, state.node);
  add_verdicts(out, state.node);
  add_drift_warnings(out, state.node);
  if (!of_node) return out.text();
  add_node(out, state.node);
  add_store(out, state.store);
  add_sinks(out, state.sinks);
  add_process(out);
  return out.text();
}

}  // namespace mainstream
