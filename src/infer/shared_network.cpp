#include "infer/shared_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/stopwatch.hpp"
#include "graph/exit.hpp"
#include "infer/heads.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

SharedNetwork::SharedNetwork(std::shared_ptr<Stem> stem, std::vector<Member> members)
    : stem_(std::move(stem)), places_(members.size()) {
  add_tails(members);
  add_exits(members);
  put_in_order();
}

void SharedNetwork::add_tails(const std::vector<Member>& members) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (const auto* tail = std::get_if<std::shared_ptr<Tail>>(&members[i]))
      parts_.push_back({.network = *tail, .branchpoint = (*tail)->branchpoint(), .members = {i}});
  }
}

void SharedNetwork::add_exits(std::vector<Member>& members) {
  struct Group {
    std::vector<Graph> exits;
    std::vector<std::size_t> members;
  };
  std::map<std::tuple<std::string, NumberType, int>, Group> groups;
  for (std::size_t i = 0; i < members.size(); ++i) {
    auto* exit = std::get_if<ExitMember>(&members[i]);
    if (exit == nullptr) continue;
    const auto structure = exit_structure(exit->graph);
    if (!structure) {
      const auto tail = std::make_shared<Tail>(*stem_, exit->graph, exit->number_type);
      parts_.push_back({.network = tail, .branchpoint = tail->branchpoint(), .members = {i}});
      continue;
    }
    Group& group = groups[{*structure, exit->number_type, exit->group}];
    group.exits.push_back(std::move(exit->graph));
    group.members.push_back(i);
  }
  for (auto& [key, group] : groups) {
    Heads heads(*stem_, group.exits, std::get<NumberType>(key));
    const std::size_t branchpoint = heads.branchpoint();
    parts_.push_back(
        {.network = std::move(heads), .branchpoint = branchpoint, .members = std::move(group.members)});
  }
}

void SharedNetwork::put_in_order() {
  std::ranges::stable_sort(parts_, {},
                           [](const Part& part) { return std::pair(part.branchpoint, part.members[0]); });
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    parts_[part].logits.resize(parts_[part].members.size());
    for (std::size_t i = 0; i < parts_[part].members.size(); ++i)
      places_[parts_[part].members[i]] = {part, i};
  }
}

const SharedNetwork::Part& SharedNetwork::part_of(std::size_t member) const {
  if (member >= places_.size())
    throw Error(ErrorKind::usage, fmt::format("expected a member below {}, got {}", places_.size(), member));
  return parts_[places_[member].part];
}

void SharedNetwork::run_part(Part& part) {
  if (auto* tail = std::get_if<std::shared_ptr<Tail>>(&part.network)) {
    part.logits.front() = (*tail)->run();
    return;
  }
  auto& heads = std::get<Heads>(part.network);
  heads.run();
  for (std::size_t i = 0; i < part.members.size(); ++i) part.logits[i] = heads.logits(i);
}

void SharedNetwork::run(std::span<const std::size_t> due, const Clock& clock, Times& times) {
  times.segments.clear();
  times.parts.clear();
  for (Part& part : parts_) part.due.clear();
  for (const std::size_t member : due) {
    (void)part_of(member);
    parts_[places_[member].part].due.push_back(member);
  }
  Stopwatch watch(clock);
  for (Part& part : parts_) {
    if (part.due.empty()) continue;
    if (times.segments.empty() || times.segments.back().branchpoint < part.branchpoint) {
      stem_->run_to(part.branchpoint);
      times.segments.push_back({part.branchpoint, watch.lap()});
    }
    run_part(part);
    const double share = watch.lap() / static_cast<double>(part.due.size());
    for (const std::size_t member : part.due) times.parts.push_back({member, share});
  }
}

void SharedNetwork::run(std::span<const std::size_t> due) {
  Times times;
  run(due, Clock::system(), times);
}

std::span<const float> SharedNetwork::logits(std::size_t member) const {
  return part_of(member).logits[places_[member].index];
}

}  // namespace mainstream
