#include "node_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/json_field.hpp"
#include "core/text.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

constexpr double kAny = 1e18;

double number(const JsonField& field, const char* key) {
  return field[key].number(-kAny, kAny);
}

std::string count(const JsonField& field, const char* key) {
  return fmt::format("{:.0f}", number(field, key));
}

// "12 overload, 3 camera"; empty for none.
std::string drops_text(const JsonField& drops) {
  std::string text;
  for (const char* cause : {"overload", "budget", "camera"}) {
    if (number(drops, cause) <= 0) continue;
    text += fmt::format("{}{:.0f} {}", text.empty() ? "" : ", ", number(drops, cause), cause);
  }
  return text;
}

// Empty for null.
std::string text_of(const JsonField& field, const char* key) {
  const JsonField value = field[key];
  return value.is_null() ? std::string() : value.text();
}

std::string streams_text(const JsonField& streams) {
  TextTable table("llrrrll", {"stream", "up", "fps", "reached", "reconnects", "dropped", "reason"});
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const JsonField stream = streams.at(i);
    table.add({stream["name"].text(), stream["up"].boolean() ? "yes" : "no",
               fmt::format("{:.2f}", number(stream, "fps")),
               fmt::format("{:.2f}", number(stream, "reached_fps")), count(stream, "reconnects"),
               drops_text(stream["dropped"]), text_of(stream, "reason")});
  }
  return table.text();
}

std::vector<std::string> app_cells(const std::string& name, const JsonField& app) {
  if (!app["planned"].boolean())
    return {name, app["stream"].text(), "", "", "", "", "", "", "", text_of(app, "reason")};
  const JsonField score = app["last_score"];
  return {name,
          app["stream"].text(),
          fmt::format("{:.2f}", number(app, "planned_fps")),
          fmt::format("{:.2f}", number(app, "reached_fps")),
          score.is_null() ? "" : fmt::format("{:.3f}", score.number(0, 1)),
          fmt::format("{:.3f}", number(app, "threshold")),
          count(app, "votes") + "/" + count(app, "votes_needed"),
          count(app, "events"),
          drops_text(app["dropped"]),
          fmt::format("{:.3f}", number(app, "expected_f1"))};
}

std::string apps_text(const JsonField& apps) {
  TextTable table("llrrrrrrll", {"app", "stream", "fps", "reached", "score", "threshold", "votes", "events",
                                 "dropped", "f1 / why not"});
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const JsonField app = apps.at(i), streams = app["streams"];
    for (std::size_t s = 0; s < streams.size(); ++s) table.add(app_cells(app["name"].text(), streams.at(s)));
  }
  return table.text();
}

// What is wrong, and why apps that run have no event: one line each.
std::string remarks_text(const JsonField& streams, const JsonField& apps) {
  std::string text;
  const auto say = [&](const std::string& who, const std::string& what) {
    if (!what.empty()) text += clean(who) + ": " + clean(what, kMostMessage) + "\n";
  };
  for (std::size_t i = 0; i < streams.size(); ++i)
    say(streams.at(i)["name"].text(), text_of(streams.at(i)["picture"], "warning"));
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const JsonField placed = apps.at(i)["streams"];
    for (std::size_t s = 0; s < placed.size(); ++s) {
      const JsonField app = placed.at(s);
      const std::string who = apps.at(i)["name"].text() + " on " + app["stream"].text();
      say(who, text_of(app["scores"], "warning"));
      if (!app["judged"].is_null()) say(who, text_of(app["judged"], "warning"));
      if (app["planned"].boolean()) say(who, text_of(app, "why_no_event"));
    }
  }
  return text.empty() ? text : "\n" + text;
}

std::string sinks_text(const JsonField& sinks) {
  if (sinks.size() == 0) return {};
  TextTable table("llrrrl", {"sink", "up", "behind", "delivered", "skipped", "last error"});
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    const JsonField sink = sinks.at(i);
    table.add({sink["name"].text(), sink["up"].boolean() ? "yes" : "no", count(sink, "lag"),
               count(sink, "delivered"), count(sink, "skipped"), text_of(sink, "last_error")});
  }
  return "\n" + table.text();
}

}  // namespace

std::string status_line(const ServiceState& state) {
  const NodeState& node = state.node;
  double fps = 0, reached = 0;
  for (const NodeState::Stream& stream : node.streams) {
    fps += stream.fps;
    reached += stream.reached_fps;
  }
  std::string line =
      fmt::format("{}/{} streams up, {:.1f} of {:.1f} fps, busy {:.0f} of {:.0f} ms/s, {} events",
                  std::ranges::count(node.streams, true, &NodeState::Stream::up), node.streams.size(),
                  reached, fps, node.busy_ms_per_s, node.plan.budget, node.events);
  for (const SinkState& sink : state.sinks)
    if (sink.lag > 0) line += fmt::format(", {} is behind by {}", sink.name, sink.lag);
  return line;
}

std::string status_text(const std::string& json) {
  const JsonField state = read_json(json, "the node's answer");
  const JsonField plan = state["plan"];
  std::string text = fmt::format(
      "node {}: {} events; busy {:.1f} ms/s with {:.0f} workers\nplan {:.0f} ({}): {:.1f} of {:.1f} ms/s, "
      "expected F1 {:.3f} on average, {:.3f} at worst\n",
      clean(state["node"].text()), count(state, "events"), number(plan, "busy_ms_per_s"),
      number(plan, "workers"), number(plan, "number"), clean(plan["reason"].text()),
      number(plan, "cost_ms_per_s"), number(plan, "budget_ms_per_s"), number(plan, "mean_f1"),
      number(plan, "min_f1"));
  const std::string refused = text_of(state, "refused");
  if (!refused.empty()) text += "the last change was refused: " + clean(refused, kMostMessage) + "\n";
  return text + "\n" + streams_text(state["streams"]) + "\n" + apps_text(state["apps"]) +
         remarks_text(state["streams"], state["apps"]) + sinks_text(state["sinks"]);
}

}  // namespace mainstream
