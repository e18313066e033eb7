#include "serve/stream_scope.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "core/text.hpp"

namespace mainstream {

bool StreamScope::has(const std::string& stream) const {
  return !only_ || std::ranges::find(*only_, stream) != only_->end();
}

bool StreamScope::has_all(const std::vector<std::string>& streams) const {
  return std::ranges::all_of(streams, [&](const std::string& stream) { return has(stream); });
}

std::string StreamScope::words() const {
  return (only_->size() == 1 ? "stream " : "streams ") + word_list(*only_);
}

std::optional<std::string> StreamScope::seen_text(std::string text, const ServiceState& state) const {
  if (!only_) return text;
  const auto names = [&](const std::string& name) { return text.find(name) != std::string::npos; };
  for (const NodeState::Stream& stream : state.node.streams)
    if (!has(stream.name) && names(stream.name)) return std::nullopt;
  for (const ServiceState::App& app : state.apps) {
    const auto seen = [&](const std::string& stream) { return has(stream); };
    if (std::ranges::none_of(app.streams, seen) && names(app.name)) return std::nullopt;
  }
  return text;
}

ServiceState StreamScope::seen(ServiceState state) const {
  if (!only_) return state;
  for (NodeState::App& app : state.node.apps) {
    if (has(app.stream)) app.reason = seen_text(app.reason, state).value_or("the plan has no room for it");
  }
  const auto is_other = [&](const auto& one) { return !has(one.stream); };
  std::vector<std::size_t> place;  // of a stem among those that stay
  std::size_t stay = 0;
  for (const NodeState::Stem& stem : state.node.plan.stems) place.push_back(is_other(stem) ? stay : stay++);
  std::erase_if(state.node.plan.stems, is_other);
  std::erase_if(state.node.apps, is_other);
  std::erase_if(state.node.streams, [&](const NodeState::Stream& stream) { return !has(stream.name); });
  state.node.events = 0;
  for (NodeState::App& app : state.node.apps) {
    if (app.stem < place.size()) app.stem = place[app.stem];
    state.node.events += app.events;
  }
  for (ServiceState::App& app : state.apps)
    std::erase_if(app.streams, [&](const std::string& stream) { return !has(stream); });
  std::erase_if(state.apps, [](const ServiceState::App& app) { return app.streams.empty(); });
  state.sinks.clear();
  state.refused.clear();
  if (!state.store.error.empty()) state.store.error = "the node's log says why";
  return state;
}

Json StreamScope::seen_plan(Json plan) const {
  if (!only_) return plan;
  for (const char* field : {"reason", "budget_ms_per_s", "cost_ms_per_s", "decoding_ms_per_s",
                            "busy_ms_per_s", "mean_f1", "min_f1"})
    plan[field] = nullptr;
  return plan;
}

Json StreamScope::seen_status(Json status) const {
  if (!only_) return status;
  status["plan"] = seen_plan(std::move(status["plan"]));
  status["events_dropped"] = status["store"] = nullptr;
  return status;
}

}  // namespace mainstream
