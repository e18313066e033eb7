// EdgeNode: changes of its setup, and what changes by itself.
#include "mainstream/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/cpus.hpp"
#include "core/log.hpp"
#include "mainstream/error.hpp"
#include "node/node_impl.hpp"

namespace mainstream {
namespace {

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr auto kBetweenSamples = std::chrono::seconds(1);
constexpr std::size_t kSamples = 11;  // rates are those of the last ten seconds
constexpr auto kBetweenRepairs = std::chrono::seconds(10);
// Core-milliseconds per second that a budget leaves to sinks, scheduling and the system.
constexpr double kReserve = 50, kLeastBudget = 100;

template <typename Items, typename Name, typename Member>
auto find_named(Items& items, const Name& name, Member member, const char* what) {
  const auto found = std::ranges::find(items, name, member);
  if (found == items.end()) throw Error(ErrorKind::usage, fmt::format("there is no {} {}", what, name));
  return found;
}

}  // namespace

double whole_ms_per_s(const Decoding& decoding) {
  double sum = 0;
  for (const auto& [stream, ways] : decoding)
    if (!ways.empty()) sum += ways.back().ms_per_s;
  return sum;
}

EdgeNode::Impl::Impl(NodeSetup setup, NodeOptions options, Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      events_(options_.sinks, WhenFull::drop_oldest, EventQueue::AfterFailure::go_on),
      drift_(options_.drift, options_.warn),
      cpus_(usable_cpus()),
      cpu_time_(usable_cpu_time()) {
  const MutexLock changing(changing_);
  files_.open(setup);
  const WorkerLayout layout = measure(setup);
  runtime_.emplace(
      Runtime::Options{.planner = {options_.mode, options_.algorithm, options_.objective,
                                   1000.0 * layout.threads - kReserve},
                       .pace = Pace::live,
                       .layout = layout,
                       .cache = options_.cache,
                       .metered = true,
                       .sink = [this](RaisedEvent event) { events_.push(std::move(event)); },
                       // Ids go on rising from one start to the next.
                       .new_event_id = options_.new_event_id
                                           ? options_.new_event_id
                                           : numbered_event_ids(wall_now().time_since_epoch().count()),
                       .tells_changes = true},
      clock_);
  const MutexLock lock(mutex_);
  workers_ = layout.workers;
  setup_ = std::move(setup);
  for (const NodeApp& app : setup_.apps) packages_[app.id] = files_.package(app).sha256();
}

// Measures before anything runs what can be: all but the scaling of pictures, whose size is not known yet.
WorkerLayout EdgeNode::Impl::measure(const NodeSetup& setup) const {
  const auto any = [](const auto&) { return StreamFormat{25, 640, 480}; };
  const Mix mix = files_.mix(setup, options_, any);
  WorkerLayout layout{options_.workers, options_.threads};
  if (mix.apps.empty() && layout.threads == 0) layout.threads = 1;
  if (layout.threads == 0) layout.threads = best_worker_layout(mix, cpus_, options_.cache).threads;
  if (layout.workers == 0) layout.workers = std::max(1, cpus_ / layout.threads);
  if (!mix.apps.empty()) (void)known_costs(Engine({.threads = layout.threads}), mix, options_.cache);
  return layout;
}

void EdgeNode::Impl::start() {
  const MutexLock changing(changing_);
  const MutexLock lock(mutex_);
  if (stopped_ || std::exchange(started_, true)) return;
  for (const NodeStream& stream : setup_.streams) feeds_[stream.name] = open(stream);
  control_ = std::jthread([this](const std::stop_token& stop) { control(stop); });
}

void EdgeNode::Impl::stop() {
  control_.request_stop();
  {
    const MutexLock lock(stopping_mutex_);
    stopping_.notify_all();
  }
  if (control_.joinable()) control_.join();
  const MutexLock changing(changing_);
  Feeds gone;
  {
    const MutexLock lock(mutex_);
    gone = std::exchange(feeds_, {});
    stopped_ = true;
  }
  gone.clear();
  const Runtime::InForce before = runtime_->in_force();
  (void)runtime_->change(Mix{}, {}, "the node stops");
  remember_counts(before);
  events_.close();
}

std::shared_ptr<StreamFeed> EdgeNode::Impl::open(const NodeStream& stream) {
  return std::make_shared<StreamFeed>(
      stream,
      [this, name = stream.name](const CameraFrame& frame) {
        drift_.see(name, frame.frame.picture, wall_now());
        if (options_.each_frame) options_.each_frame(name, frame.frame);
        (void)runtime_->offer(name, frame);
      },
      clock_);
}

void EdgeNode::Impl::apply_as(const std::string& reason, NodeSetup setup) {
  const MutexLock changing(changing_);
  NodeFiles files = files_;
  files.open(setup);
  Formats formats = formats_of(setup);
  Mix mix = mix_for(files, setup, formats);
  const Runtime::Budget budget = this->budget(setup, mix.stems.size());
  const Runtime::InForce before = runtime_->in_force();
  (void)runtime_->change(std::move(mix), budget, reason);
  remember_counts(before);
  count_plan("setup");
  files_ = std::move(files);
  plans_for(std::move(formats));

  Feeds gone;
  const MutexLock lock(mutex_);
  why_unplanned_.clear();
  packages_.clear();
  for (const NodeApp& app : setup.apps) packages_[app.id] = files_.package(app).sha256();
  for (auto app = counts_.begin(); app != counts_.end();)
    app = packages_.contains(app->first) ? std::next(app) : counts_.erase(app);
  const auto is_gone = [&](const auto& known) {
    return std::ranges::find(setup.streams, known.first, &NodeStream::name) == setup.streams.end();
  };
  std::erase_if(gone_, is_gone);
  std::erase_if(told_, is_gone);
  gone = std::exchange(feeds_, {});
  for (const NodeStream& stream : setup.streams) {
    const auto feed = gone.find(stream.name);
    const bool stays = feed != gone.end() && feed->second->stream() == stream;
    if (stays) feeds_[stream.name] = feed->second;
    if (!stays && started_ && !stopped_) feeds_[stream.name] = open(stream);
  }
  setup_ = std::move(setup);
}

EdgeNode::Impl::Formats EdgeNode::Impl::formats_of(const NodeSetup& setup) const {
  const Feeds feeds = this->feeds();
  Formats formats;
  for (const NodeStream& stream : setup.streams) {
    const auto feed = feeds.find(stream.name);
    if (feed == feeds.end() || !(feed->second->stream() == stream) || feed->second->ended()) continue;
    if (const auto format = feed->second->format()) formats[stream.name] = *format;
  }
  return formats;
}

// Of the apps whose streams have a format.
Mix EdgeNode::Impl::mix_for(const NodeFiles& files, const NodeSetup& setup, const Formats& formats) const {
  return files.mix(setup, options_, [&](const NodeStream& stream) {
    const auto format = formats.find(stream.name);
    return format == formats.end() ? std::nullopt : std::optional(format->second);
  });
}

void EdgeNode::Impl::count_plan(const char* made_by) {
  const MutexLock lock(mutex_);
  ++plans_[made_by];
}

void EdgeNode::Impl::replan(const char* made_by, const std::string& reason, Formats formats) {
  const NodeSetup setup = this->setup();
  Mix mix = mix_for(files_, setup, formats);
  const Runtime::Budget budget = this->budget(setup, mix.stems.size());
  const Runtime::InForce before = runtime_->in_force();
  std::string why_not;
  try {
    (void)runtime_->change(std::move(mix), budget, reason);
    remember_counts(before);
    count_plan(made_by);
  } catch (const Error& error) {
    why_not = error.what();
    module_log("node").warn("{}, but the schedule stays: {}", reason, why_not);
  }
  plans_for(std::move(formats));
  const MutexLock lock(mutex_);
  why_unplanned_ = why_not;
}

// Streams that wait for a plan play now, whether there is one or not.
void EdgeNode::Impl::plans_for(Formats formats) {
  for (const auto& [name, feed] : feeds())
    if (formats.contains(name)) feed->play();
  planned_ = std::move(formats);
  planned_at_ = clock_.now();
}

// What the machine has, as far as the stems can use it: each keeps one worker busy at most.
Runtime::Budget EdgeNode::Impl::budget(const NodeSetup& setup, std::size_t stems) const {
  const int workers = [&] {
    const MutexLock lock(mutex_);
    return workers_;
  }();
  return budget_with(setup, stems, cpu_time_, workers);
}

Runtime::Budget EdgeNode::Impl::budget_with(const NodeSetup& setup, std::size_t stems, double cores,
                                            int workers) const {
  Decoding decoding = this->decoding();
  if (setup.budget) return {*setup.budget, true, std::move(decoding)};
  const double used = static_cast<double>(std::min<std::size_t>(static_cast<std::size_t>(workers), stems));
  const double machine = 1000 * cores, engine = 1000 * runtime_->threads() * used;
  return {std::max(kLeastBudget, std::min(machine, engine + whole_ms_per_s(decoding)) - kReserve), false,
          std::move(decoding)};
}

// Lanes that went have closed their events by now.
void EdgeNode::Impl::remember_counts(const Runtime::InForce& before) {
  const MutexLock lock(mutex_);
  const Runtime::InForce now = runtime_->in_force();
  for (std::size_t s = 0; s < before.lanes.size(); ++s) {
    const auto& lane = before.lanes[s];
    Statistics statistics = lane->statistics();
    if (std::ranges::find(now.lanes, lane) == now.lanes.end())
      gone_[before.mix->stems[s].stream].add(statistics, runtime_->threads());
    for (Statistics::App& app : statistics.apps) counts_[app.id] = std::move(app);
  }
}

void EdgeNode::Impl::control(const std::stop_token& stop) {
  Clock::Time sampled{};
  while (!stop.stop_requested()) {
    try {
      follow_streams();
      if (clock_.now() - sampled >= kBetweenSamples) {
        sampled = clock_.now();
        follow_machine();
        take_sample();
        for (const std::string& line : why_not_log_.changes(state().apps, clock_.now()))
          module_log("node").info("{}", line);
        watch_drift();
      }
      if (runtime_->follow()) count_plan("feedback");
      const Runtime::InForce in_force = runtime_->in_force();
      for (const auto& [name, feed] : feeds()) feed->need(need_of(in_force, name));
    } catch (const std::exception& error) {
      module_log("node").error("cannot follow streams and machine: {}; tries again", error.what());
    }
    const auto until = std::chrono::steady_clock::now() + kTick;
    const MutexLock lock(stopping_mutex_);
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < until)
      stopping_.wait_until(stopping_mutex_, until);
  }
}

void EdgeNode::Impl::follow_streams() {
  const MutexLock changing(changing_);
  Formats formats;
  for (const auto& [name, feed] : feeds()) {
    const auto format = feed->format();
    if (format && !feed->ended()) formats[name] = *format;
  }
  if (formats != planned_) return replan("streams", "streams have come up or ended", std::move(formats));
  const Runtime::InForce in_force = runtime_->in_force();
  const bool broken = std::ranges::any_of(in_force.lanes, [](const auto& lane) { return lane->over(); });
  if (broken && clock_.now() - planned_at_ > kBetweenRepairs)
    replan("repair", "an analysis failed", std::move(formats));
}

void EdgeNode::Impl::follow_machine() {
  const int cpus = usable_cpus();
  const double cpu_time = usable_cpu_time();
  runtime_->set_decoding(decoding());
  if (cpus == cpus_ && cpu_time == cpu_time_) return;
  const MutexLock changing(changing_);
  module_log("node").info("may use {:.6g} processors now, {:.6g} before", cpu_time, cpu_time_);
  cpus_ = cpus;
  cpu_time_ = cpu_time;
  const NodeSetup setup = this->setup();
  if (options_.workers == 0) {
    const int workers = std::max(1, cpus_ / runtime_->threads());
    runtime_->set_workers(workers);
    const MutexLock lock(mutex_);
    workers_ = workers;
  }
  const Runtime::InForce in_force = runtime_->in_force();
  if (in_force.lanes.empty() || setup.budget) return;
  (void)runtime_->change_budget(budget(setup, in_force.lanes.size()), "it may use other processors");
  count_plan("processors");
}

void EdgeNode::Impl::take_sample() {
  Sample now = sample_of(look());
  const MutexLock lock(mutex_);
  samples_.push_back(std::move(now));
  if (samples_.size() > kSamples) samples_.pop_front();
}

// What apps said since the last look, as far as the plan in force has reached their stems.
void EdgeNode::Impl::watch_drift() {
  const Runtime::InForce in_force = runtime_->in_force();
  const WallTime now = wall_now();
  drift_.follow(setup(), now);
  for (std::size_t s = 0; s < in_force.lanes.size(); ++s) {
    const Statistics statistics = in_force.lanes[s]->statistics();
    if (statistics.present.plan != in_force.number) continue;
    for (std::size_t i = 0; i < statistics.apps.size(); ++i) {
      const auto app = std::ranges::find(in_force.mix->apps, statistics.apps[i].id, &Mix::App::id);
      if (app == in_force.mix->apps.end()) continue;
      const Setting& planned =
          in_force.plan.settings[static_cast<std::size_t>(app - in_force.mix->apps.begin())];
      const AnswerQuality* promised =
          app->manifest().candidate(planned.candidate).quality(planned.number_types);
      const ScoresSeen& seen = statistics.present.scores[i];
      auto& [plan, before] = watched_scores_[app->id];
      if (std::exchange(plan, in_force.number) != in_force.number) before = {};
      DriftWatch::Scores scores{.app = app->id,
                                .stream = in_force.mix->stems[s].stream,
                                .package = app->package.sha256(),
                                .variant = planned.candidate + " " + to_string(planned.number_types),
                                .promised = promised,
                                .packages_threshold = !app->overrides.threshold};
      for (std::size_t bin = 0; bin < kScoreBins; ++bin)
        scores.counts[bin] = seen.counts[bin] - before.counts[bin];
      scores.positive = seen.positive - before.positive;
      before = seen;
      if (promised != nullptr) drift_.add(scores, now);
    }
  }
}

NodeSetup EdgeNode::Impl::setup() const {
  const MutexLock lock(mutex_);
  return setup_;
}

EdgeNode::Impl::Feeds EdgeNode::Impl::feeds() const {
  const MutexLock lock(mutex_);
  return feeds_;
}

std::optional<std::string> EdgeNode::Impl::latest_jpeg(const std::string& stream) const {
  const Feeds feeds = this->feeds();
  const auto feed = feeds.find(stream);
  return feed == feeds.end() ? std::nullopt : feed->second->latest_jpeg();
}

Decoding EdgeNode::Impl::decoding() const {
  Decoding decoding;
  for (const auto& [name, feed] : feeds()) decoding[name] = feed->decoding();
  return decoding;
}

EdgeNode::EdgeNode(NodeSetup setup, NodeOptions options)
    : EdgeNode(std::move(setup), std::move(options), Clock::system()) {}
EdgeNode::EdgeNode(NodeSetup setup, NodeOptions options, Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(setup), std::move(options), clock)) {}
EdgeNode::~EdgeNode() = default;
EdgeNode::EdgeNode(EdgeNode&&) noexcept = default;

void EdgeNode::start() {
  impl_->start();
}

void EdgeNode::stop() {
  impl_->stop();
}

void EdgeNode::apply(NodeSetup setup) {
  impl_->change("another setup", [&](NodeSetup& present) { present = std::move(setup); });
}

NodeSetup EdgeNode::setup() const {
  return impl_->setup();
}

void EdgeNode::add_app(NodeApp app) {
  impl_->change(fmt::format("app {} comes", app.id), [&](NodeSetup& setup) { setup.apps.push_back(app); });
}

void EdgeNode::replace_app(NodeApp app) {
  impl_->change(fmt::format("app {} is replaced", app.id),
                [&](NodeSetup& setup) { *find_named(setup.apps, app.id, &NodeApp::id, "app") = app; });
}

void EdgeNode::remove_app(const std::string& id) {
  impl_->change(fmt::format("app {} goes", id),
                [&](NodeSetup& setup) { setup.apps.erase(find_named(setup.apps, id, &NodeApp::id, "app")); });
}

void EdgeNode::add_stream(NodeStream stream) {
  impl_->change(fmt::format("stream {} comes", stream.name),
                [&](NodeSetup& setup) { setup.streams.push_back(stream); });
}

void EdgeNode::remove_stream(const std::string& name) {
  impl_->change(fmt::format("stream {} goes", name), [&](NodeSetup& setup) {
    setup.streams.erase(find_named(setup.streams, name, &NodeStream::name, "stream"));
  });
}

void EdgeNode::set_budget(std::optional<double> budget) {
  impl_->change("another budget", [&](NodeSetup& setup) { setup.budget = budget; });
}

NodeState EdgeNode::state() const {
  return impl_->state();
}

NodeOutlook EdgeNode::outlook(const NodeSetup& setup, std::optional<double> cores) const {
  return impl_->outlook(setup, cores);
}

std::optional<std::string> EdgeNode::latest_jpeg(const std::string& stream) const {
  return impl_->latest_jpeg(stream);
}

}  // namespace mainstream
