// Runtime: plans a mix, compiles what is new, swaps plans between frames, and follows what is observed.
#include "run/runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/log.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr double kNoLimit = 1e12;  // core-milliseconds per second

std::string streams_of(const Mix& mix) {
  std::string names;
  std::set<std::string> known;
  for (const Mix::Stem& stem : mix.stems) {
    if (!known.insert(stem.stream).second) continue;
    names += (names.empty() ? "" : ", ") + stem.stream;
  }
  return names;
}

void log_plan(const Runtime::InForce& in_force) {
  const Schedule& schedule = in_force.plan.schedule;
  const Mix& mix = *in_force.mix;
  const auto log = module_log("run");
  log.info("{}: {}: {:.1f} of {:.1f} ms/s, expected F1 {:.3f} on average, {:.3f} at worst", streams_of(mix),
           in_force.reason, schedule.cost, schedule.budget, schedule.mean_f1, schedule.min_f1);
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    const Mix::Stem& stem = mix.stems[mix.apps[app].stem];
    const Setting setting = mix.apps[app].overridden(in_force.plan.settings[app]);
    log.info("  {}{}: {} at {} at {:.6g} fps, {} {} at {:.3g}{}, expected F1 {:.3f}", mix.apps[app].name(),
             mix.stems.size() > 1 ? " on " + stem.stream : "", setting.candidate, setting.branchpoint,
             setting.fps, setting.votes, setting.votes == 1 ? "vote" : "votes", setting.threshold,
             stem.number_types.size() > 1 ? ", " + to_string(setting.number_types) : "",
             schedule.apps[app].f1);
  }
}

double total(const Costs::Stem& stem) {
  double ms = stem.scale_ms;
  for (const double segment : stem.segment_ms.at(NumberType::f32)) ms += segment;
  return ms;
}

std::optional<std::size_t> find_stem(const Mix& mix, const StemKey& key) {
  for (std::size_t s = 0; s < mix.stems.size(); ++s)
    if (key_of(mix.stems[s]) == key) return s;
  return std::nullopt;
}

// The app on this stem with the same package.
std::optional<std::size_t> find_app(const Mix& mix, std::size_t stem, const Mix::App& wanted) {
  for (std::size_t a = 0; a < mix.apps.size(); ++a) {
    const Mix::App& app = mix.apps[a];
    if (app.stem == stem && app.name() == wanted.name() && app.package.sha256() == wanted.package.sha256())
      return a;
  }
  return std::nullopt;
}

// What was learned of a part that another mix has, too. An app that is new on a stem costs more or less than
// was measured of it as the stem does.
void keep_observed(const Mix& before, const Costs& measured, const Costs& observed, const Mix& mix,
                   Costs& costs) {
  for (std::size_t s = 0; s < mix.stems.size(); ++s) {
    const auto known = find_stem(before, key_of(mix.stems[s]));
    if (!known) continue;
    const double factor = total(observed.stems[*known]) / std::max(total(measured.stems[*known]), 1e-9);
    costs.stems[s].scale_ms = observed.stems[*known].scale_ms;
    for (auto& [type, segments] : costs.stems[s].segment_ms) {
      const auto seen = observed.stems[*known].segment_ms.find(type);
      if (seen != observed.stems[*known].segment_ms.end()) segments = seen->second;
    }
    for (std::size_t a = 0; a < mix.apps.size(); ++a) {
      if (mix.apps[a].stem != s) continue;
      const auto app = find_app(before, *known, mix.apps[a]);
      for (auto& [own, ms] : costs.own_ms[a]) {
        const bool is_known = app && observed.own_ms[*app].contains(own);
        ms = is_known ? observed.own_ms[*app].at(own) : ms * factor;
      }
    }
  }
}

}  // namespace

Runtime::Runtime(Options options, Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      started_(clock.now()),
      meter_(kNoLimit),
      engine_({.threads = options_.layout.threads}),
      workers_(options_.layout.workers),
      deployer_(options_.planner.mode, engine_, clock) {
  context_.threads = engine_.threads();
  context_.meter = options_.metered ? &meter_ : nullptr;
  context_.metered_by_clock = options_.pace == Pace::live;
  context_.sink = options_.sink;
  context_.clock = &clock_;
  context_.new_event_id = options_.new_event_id;
  context_.tells_changes = options_.tells_changes;
}

Runtime::~Runtime() {
  std::map<StemKey, std::shared_ptr<Lane>> lanes;
  {
    const MutexLock lock(mutex_);
    lanes = lanes_;
  }
  for (const auto& [key, lane] : lanes) lane->end();
  for (const auto& [key, lane] : lanes) lane->wait_until_over();
}

Runtime::InForce Runtime::change(Mix mix, const Budget& budget, const std::string& reason,
                                 const std::vector<Setting>& given) {
  const MutexLock changing(changing_);
  if (mix.apps.empty()) {
    InForce nothing = take_over(std::make_shared<const Mix>(std::move(mix)), {}, reason, {});
    made_.reset();
    return nothing;
  }
  auto made = std::make_unique<Made>(std::make_shared<const Mix>(std::move(mix)), options_.planner);
  Costs costs = costs_for(*made);
  costs.decoding = budget.decoding;
  made->budget = budget;
  const Feedback::Options follow = feedback_options(budget);
  MixPlan plan = given.empty() ? made->planner.solve(costs, follow.budget_now())
                               : made->planner.evaluate(costs, budget.ms_per_s, given);
  if (!plan.schedule.feasible && given.empty()) {
    throw Error(ErrorKind::infeasible,
                fmt::format("{}: no schedule for {} apps fits: {} (in ms/s)", streams_of(*made->mix),
                            made->mix->apps.size(), plan.schedule.reason));
  }
  auto plans = deployer_.plan(*made->mix, plan);
  if (options_.pace == Pace::live && given.empty()) {
    made->feedback.emplace(made->planner, follow, std::move(costs), plan, plans.front()->number);
  }
  meter(budget, plan.decoding);
  InForce result = take_over(made->mix, std::move(plan), reason, std::move(plans));
  made_ = std::move(made);
  return result;
}

Runtime::InForce Runtime::change_budget(const Budget& budget, const std::string& reason) {
  const MutexLock changing(changing_);
  if (!made_) return in_force();
  Costs costs = made_->feedback ? made_->feedback->costs() : made_->measured;
  costs.decoding = budget.decoding;
  const Feedback::Options follow = feedback_options(budget);
  MixPlan plan = made_->planner.solve(costs, follow.budget_now());
  if (plan.settings.empty()) return in_force();  // the present plan is no worse than none
  auto plans = deployer_.plan(*made_->mix, plan);
  if (options_.pace == Pace::live) {
    made_->feedback.emplace(made_->planner, follow, std::move(costs), plan, plans.front()->number);
  }
  made_->budget = budget;
  meter(budget, plan.decoding);
  return take_over(made_->mix, std::move(plan), reason, std::move(plans));
}

// An estimate that fell below the first one stays that much below it.
Feedback::Options Runtime::feedback_options(const Budget& budget) const {
  Feedback::Options options{.budget = budget.ms_per_s, .budget_given = budget.given};
  if (made_ && made_->feedback && !budget.given && !made_->budget.given) {
    options.share = made_->feedback->budget() / made_->budget.ms_per_s;
  }
  return options;
}

Costs Runtime::costs_for(Made& made) {
  made.measured = known_costs(engine_, *made.mix, options_.cache);
  Costs costs = made.measured;
  if (made_ && made_->feedback)
    keep_observed(*made_->mix, made_->measured, made_->feedback->costs(), *made.mix, costs);
  return costs;
}

EstimatedCosts Runtime::estimated_costs_of(const Mix& mix) const {
  EstimatedCosts estimate = estimated_costs(engine_, mix, options_.cache);
  const MutexLock changing(changing_);
  if (made_ && made_->feedback)
    keep_observed(*made_->mix, made_->measured, made_->feedback->costs(), mix, estimate.costs);
  return estimate;
}

double Runtime::planned_budget(const Budget& budget) const {
  const MutexLock changing(changing_);
  return feedback_options(budget).budget_now();
}

void Runtime::meter(const Budget& budget, double decoding) {
  meter_.set_budget(budget.given ? std::max(0.0, budget.ms_per_s - decoding) : kNoLimit);
}

Runtime::InForce Runtime::take_over(const std::shared_ptr<const Mix>& mix, MixPlan plan,
                                    const std::string& reason, std::vector<std::unique_ptr<StemPlan>> plans) {
  InForce next{.number = plans.empty() ? -1 : plans.front()->number,
               .reason = reason,
               .mix = mix,
               .plan = std::move(plan),
               .lanes = {}};
  std::map<StemKey, std::shared_ptr<Lane>> gone;
  std::vector<std::pair<std::shared_ptr<Lane>, std::unique_ptr<StemPlan>>> swaps;
  {
    const MutexLock lock(mutex_);
    gone = std::exchange(lanes_, {});
    for (std::size_t s = 0; s < plans.size(); ++s) {
      const StemKey key = key_of(mix->stems[s]);
      auto known = gone.extract(key);
      std::shared_ptr<Lane> lane;
      if (!known.empty() && !known.mapped()->over()) {
        lane = known.mapped();
        swaps.emplace_back(lane, std::move(plans[s]));
      } else {
        lane = std::make_shared<Lane>(context_, workers_, options_.pace, key.stream, std::move(plans[s]));
      }
      lanes_[key] = lane;
      next.lanes.push_back(lane);
    }
    in_force_ = next;
  }
  if (!next.lanes.empty()) log_plan(next);
  for (auto& [lane, swapped] : swaps) lane->swap(std::move(swapped));
  for (const auto& [key, lane] : gone) lane->end();
  for (const auto& [key, lane] : gone) lane->wait_until_over();
  return next;
}

std::optional<Runtime::InForce> Runtime::follow() {
  const MutexLock changing(changing_);
  if (!made_ || !made_->feedback) return std::nullopt;
  const InForce now = in_force();
  const double now_s = std::chrono::duration<double>(clock_.now() - started_).count();
  try {
    for (std::size_t s = 0; s < now.lanes.size(); ++s) {
      const Statistics statistics = now.lanes[s]->statistics();
      auto change = made_->feedback->observe(s, statistics.present, now.lanes[s]->replaced(), now_s);
      if (!change) continue;
      auto plans = deployer_.plan(*made_->mix, change->plan);
      made_->feedback->deployed(*change, plans.front()->number);
      return take_over(made_->mix, std::move(change->plan), change->reason, std::move(plans));
    }
  } catch (const Error& error) {
    module_log("run").warn("{}: the schedule stays as it is: {}", streams_of(*made_->mix), error.what());
    made_->feedback.reset();
  }
  return std::nullopt;
}

void Runtime::set_decoding(const Decoding& decoding) {
  const MutexLock changing(changing_);
  if (!made_ || !made_->feedback) return;
  made_->feedback->set_decoding(decoding);
  made_->budget.decoding = decoding;
  meter(made_->budget, made_->planner.decoding(made_->feedback->costs(), made_->feedback->plan().settings));
}

bool Runtime::offer(const std::string& stream, const CameraFrame& frame) {
  bool taken = false;
  for (const std::shared_ptr<Lane>& lane : lanes_of(stream)) taken = lane->offer(frame) || taken;
  return taken;
}

void Runtime::end(const std::string& stream) {
  for (const std::shared_ptr<Lane>& lane : lanes_of(stream)) lane->end();
}

std::vector<std::shared_ptr<Lane>> Runtime::lanes_of(const std::string& stream) const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Lane>> lanes;
  for (const auto& [key, lane] : lanes_)
    if (key.stream == stream) lanes.push_back(lane);
  return lanes;
}

Runtime::InForce Runtime::in_force() const {
  const MutexLock lock(mutex_);
  return in_force_;
}

double Runtime::budget() const {
  const MutexLock changing(changing_);
  if (!made_) return 0;
  return made_->feedback ? made_->feedback->budget() : made_->budget.ms_per_s;
}

Costs Runtime::measured_costs() const {
  const MutexLock changing(changing_);
  return made_ ? made_->measured : Costs{};
}

std::optional<Costs> Runtime::observed_costs() const {
  const MutexLock changing(changing_);
  if (!made_ || !made_->feedback) return std::nullopt;
  return made_->feedback->costs();
}

CameraNeed need_of(const Runtime::InForce& in_force, const std::string& stream) {
  CameraNeed need;
  if (!in_force.mix) return need;
  double fps = 0;
  for (std::size_t a = 0; a < in_force.mix->apps.size(); ++a) {
    const Mix::Stem& stem = in_force.mix->stems[in_force.mix->apps[a].stem];
    if (stem.stream != stream) continue;
    fps = std::max(fps, in_force.plan.settings[a].fps);
    need.width = std::max(need.width, static_cast<double>(stem.base.input.width) / stem.region.width);
    need.height = std::max(need.height, static_cast<double>(stem.base.input.height) / stem.region.height);
  }
  if (fps > 0) need.fps = fps;
  return need;
}

}  // namespace mainstream
