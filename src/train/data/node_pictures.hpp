// Pictures that a node took when one of its apps reported an event, with what a person said of it.
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// How a node's HTTP API is asked.
struct NodeAccess {
  std::string token;              // empty: none
  std::filesystem::path ca_file;  // certificates that https trusts (PEM); empty: the system's
};

struct NodePictures {
  std::vector<JudgedPicture> pictures;  // in order of their ids
  // What is left of the app's events, and why:
  int unjudged = 0;          // nobody said whether they are right
  int pictureless = 0;       // judged, but their picture, or all of them, was removed or never taken
  int missed = 0;            // verdicts that an event was missed: the node took no picture then
  bool knows_missed = true;  // the HTTP API does not tell them
};

// The judged events of an app: from a node's state directory (which may be in use), or from its HTTP API,
// "https://gate.lan:8443". Copies their pictures into `folder`, as ID.jpg. Throws usage for a url whose token
// others could read on the way (http to another machine), unreadable for a place that is none or a node that
// does not answer, untrusted for answers that are wrong, storage, and failed when stopped.
[[nodiscard]] NodePictures read_node_pictures(const std::string& place, const std::string& app,
                                              const NodeAccess& access, const std::filesystem::path& folder,
                                              const std::stop_token& stop);

// By event: the name of its occasion. Events of one stream with less than ten seconds between them are of one
// occasion: whoever caused one of them may still be there.
[[nodiscard]] std::vector<std::string> occasions_of(std::span<const EventRecord> events);

}  // namespace mainstream
