// Runs a stem and the tails and exits behind it: from the stem's input to the logits of every member.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "infer/heads.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// An exit that is computed together with those of the same structure, number type and `group`. Exits that are
// due on the same frames should share a group, since all its exits run when one is due.
struct ExitMember {
  Graph graph;
  NumberType number_type = NumberType::f32;
  int group = 0;
};

// One thread at a time may use it and its stem.
class SharedNetwork {
 public:
  // A member is a compiled tail, which several networks may share, or an exit.
  using Member = std::variant<std::shared_ptr<Tail>, ExitMember>;

  // Tails must have been compiled against this stem. An exit that cannot be joined with another is a group of
  // its own. Throws as Tail and Heads do.
  SharedNetwork(std::shared_ptr<Stem> stem, std::vector<Member> members);

  // The times of one run in milliseconds, in order of execution.
  struct Times {
    struct Segment {
      std::size_t branchpoint = 0;  // index into the stem's; the segment up to it, from the last one that ran
      double ms = 0;
    };
    struct Part {
      std::size_t member = 0;
      double ms = 0;  // members that were due share their group's time equally
    };
    std::vector<Segment> segments;
    std::vector<Part> parts;
  };

  // Analyses the frame that the stem has loaded: runs the stem to the deepest branchpoint where a member is
  // due and no further, and at each branchpoint on the way the due tails and the groups with a due member,
  // once each. `due` holds indices of members, in any order, none twice. `times` is overwritten.
  void run(std::span<const std::size_t> due, const Clock& clock, Times& times);
  void run(std::span<const std::size_t> due);

  // The member's output in the last run in which it was due.
  [[nodiscard]] std::span<const float> logits(std::size_t member) const;

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] std::size_t branchpoint(std::size_t member) const { return part_of(member).branchpoint; }
  [[nodiscard]] Stem& stem() { return *stem_; }
  // The number of tails and groups.
  [[nodiscard]] std::size_t parts() const { return parts_.size(); }

 private:
  // One tail, or one group of exits.
  struct Part {
    std::variant<std::shared_ptr<Tail>, Heads> network;
    std::size_t branchpoint = 0;
    std::vector<std::size_t> members;
    std::vector<std::span<const float>> logits = {};  // by member
    std::vector<std::size_t> due = {};                // members that are due in the current run
  };
  struct Place {
    std::size_t part = 0, index = 0;  // index among the part's members
  };

  void add_tails(const std::vector<Member>& members);
  void add_exits(std::vector<Member>& members);
  void put_in_order();
  [[nodiscard]] const Part& part_of(std::size_t member) const;
  static void run_part(Part& part);

  std::shared_ptr<Stem> stem_;
  std::vector<Part> parts_;    // by branchpoint
  std::vector<Place> places_;  // by member
};

}  // namespace mainstream
