#include "node/node_mix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "run/stem_plan.hpp"

namespace mainstream {
namespace {

[[noreturn]] void usage(const std::string& message) {
  throw Error(ErrorKind::usage, message);
}

// Names are parts of topics, paths and commands elsewhere.
void check_name(const char* what, const std::string& name) {
  if (const std::string fault = name_fault(name); !fault.empty())
    usage(fmt::format("{} {}: its name {}", what, in_quotes(name), fault));
}

void check_region(const NodeApp& app) {
  const Region& region = app.region;
  const auto fits = [](double start, double length) {
    return std::isfinite(start) && std::isfinite(length) && start >= 0 && length > 0 &&
           start + length <= 1 + 1e-9;
  };
  if (fits(region.left, region.width) && fits(region.top, region.height)) return;
  usage(fmt::format("app {}: expected a region within the picture (0..1), got {} x {} at ({}, {})", app.id,
                    region.width, region.height, region.left, region.top));
}

void check_overrides(const NodeApp& app) {
  const EventOverrides& overrides = app.overrides;
  constexpr int kMostVotes = 1000;  // as in packages
  if (overrides.threshold && !(*overrides.threshold >= 0 && *overrides.threshold <= 1))
    usage(fmt::format("app {}: expected a threshold from 0 to 1, got {}", app.id, *overrides.threshold));
  if (overrides.votes && (*overrides.votes < 1 || *overrides.votes > kMostVotes))
    usage(fmt::format("app {}: expected 1 to {} votes, got {}", app.id, kMostVotes, *overrides.votes));
  constexpr std::chrono::milliseconds kNone{0}, kLongest = std::chrono::hours(7 * 24);
  for (const auto& time : {overrides.merge_gap, overrides.min_length, overrides.max_length}) {
    if (!time || (*time >= kNone && *time <= kLongest)) continue;
    usage(fmt::format("app {}: expected a gap or length of 0 to {} ms, got {}", app.id, kLongest.count(),
                      time->count()));
  }
  const auto least = overrides.min_length.value_or(kNone);
  if (overrides.max_length && (*overrides.max_length == kNone || *overrides.max_length < least)) {
    usage(fmt::format("app {}: expected a max_length above 0 and not below min_length, {} ms, got {} ms",
                      app.id, least.count(), overrides.max_length->count()));
  }
}

void check(const NodeSetup& setup) {
  if (setup.budget && !(*setup.budget > 0 && *setup.budget < 1e9)) {
    usage(fmt::format("the budget: expected a value above 0, got {}", *setup.budget));
  }
  std::set<std::string> streams, apps;
  for (const NodeStream& stream : setup.streams) {
    check_name("stream", stream.name);
    if (!streams.insert(stream.name).second)
      usage(fmt::format("stream {}: expected one stream of this name, got two", stream.name));
    if (stream.source.empty()) usage(fmt::format("stream {}: has no source", stream.name));
    if (!(stream.input.fps >= 0 && stream.input.fps <= 1000)) {
      usage(fmt::format("stream {}: expected 0 to 1000 frames per second, got {}", stream.name,
                        stream.input.fps));
    }
  }
  for (const NodeApp& app : setup.apps) {
    check_name("app", app.id);
    if (!apps.insert(app.id).second)
      usage(fmt::format("app {}: expected one app of this id, got two", app.id));
    if (!streams.contains(app.stream))
      usage(fmt::format("app {}: there is no stream {}", app.id, app.stream));
    check_region(app);
    check_overrides(app);
    if (!(app.weight > 0 && app.weight < 1e9))
      usage(fmt::format("app {}: expected a weight above 0, got {}", app.id, app.weight));
  }
}

// The file's content, read before unless the file is another one now; one that is gone since counts as
// unchanged. Whether it was read.
template <typename Files, typename Read>
bool read_if_new(const std::filesystem::path& path, const Files& before, Files& files, const Read& read) {
  if (files.contains(path)) return false;
  std::error_code missing;
  const auto time = std::filesystem::last_write_time(path, missing);
  const auto known = before.find(path);
  const bool is_new = known == before.end() || (!missing && known->second.time != time);
  if (is_new) {
    files.emplace(path, typename Files::mapped_type{time, read(path)});
  } else {
    files.emplace(*known);
  }
  return is_new;
}

// What `work` throws, with the app's id before it.
template <typename Work>
void for_app(const NodeApp& app, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("app {}: {}", app.id, error.what()));
  }
}

// The stem of the app's stream, base and region, which is made if it is the first.
std::size_t stem_for(Mix& mix, const NodeApp& app, const StreamFormat& format, const Base& base) {
  const StemKey key{app.stream, base.id, app.region};
  for (std::size_t s = 0; s < mix.stems.size(); ++s)
    if (key_of(mix.stems[s]) == key) return s;
  mix.stems.push_back({.stream = app.stream,
                       .fps = format.fps,
                       .width = format.width,
                       .height = format.height,
                       .region = app.region,
                       .base = base,
                       .number_types = {},
                       .branchpoints = {}});
  return mix.stems.size() - 1;
}

}  // namespace

void NodeFiles::open(const NodeSetup& setup) {
  check(setup);
  NodeFiles next;
  bool other_bases = false;
  for (const std::filesystem::path& path : setup.bases) {
    if (read_if_new(path, bases_, next.bases_, [](const auto& file) { return read_base(file); }))
      other_bases = true;
  }
  for (const NodeApp& app : setup.apps) {
    for_app(app, [&] {
      const bool is_new = read_if_new(app.package, packages_, next.packages_,
                                      [](const auto& file) { return MPackage::open(file); });
      const Base& base = next.base_of(setup, app);
      if (is_new || other_bases) next.package(app).verify(base);
    });
  }
  *this = std::move(next);
}

const Base& NodeFiles::base_of(const NodeSetup& setup, const NodeApp& app) const {
  const Manifest& manifest = package(app).manifest();
  for (const std::filesystem::path& path : setup.bases) {
    const Base& base = bases_.at(path).value;
    if (base.id == manifest.base_id) return base;
  }
  usage(fmt::format("{}: was made for base {} (id {}), which the node does not have", app.package.string(),
                    manifest.base_name, manifest.base_id));
}

Mix NodeFiles::mix(const NodeSetup& setup, const NodeOptions& options, const FormatOf& format_of) const {
  Mix mix;
  mix.only = options.candidates;
  for (const NodeApp& app : setup.apps) {
    const auto stream = std::ranges::find(setup.streams, app.stream, &NodeStream::name);
    const auto format = format_of(*stream);
    if (!format) continue;
    for_app(app, [&] {
      mix.add_app(package(app), stem_for(mix, app, *format, base_of(setup, app)), app.id);
      mix.apps.back().weight = app.weight;
      mix.apps.back().min_fps = app.min_fps;
      mix.apps.back().overrides = app.overrides;
    });
  }
  mix.limit_number_types(options.number_type);
  return mix;
}

}  // namespace mainstream
