#include "mainstream/problem_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/file.hpp"
#include "core/json_field.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;

constexpr std::size_t kMostEntries = 10'000;  // apps, streams, bases: their checks compare each with each

// The number of elements of a list of apps, streams or bases.
std::size_t entries(const JsonField& list) {
  if (list.size() > kMostEntries) {
    list.fail(fmt::format("has {} elements, expected at most {}", list.size(), kMostEntries));
  }
  return list.size();
}

double any_number(const JsonField& field) {
  return field.number(-1e300, 1e300);
}

std::optional<double> optional_number(const JsonField& object, std::string_view key) {
  const auto field = object.find(key);
  return field ? std::optional(any_number(*field)) : std::nullopt;
}

std::vector<double> numbers(const JsonField& list) {
  std::vector<double> values;
  values.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) values.push_back(any_number(list.at(i)));
  return values;
}

int small_integer(const JsonField& field) {
  return static_cast<int>(field.integer(0, 1'000'000'000));
}

// The layer costs of an object: `layer_costs`, or one list per number type.
std::vector<Problem::LayerCosts> read_layer_costs(const JsonField& object) {
  const auto number_types = object.find("precisions");
  if (!number_types) return {{"f32", numbers(object["layer_costs"])}};
  if (object.find("layer_costs")) object.fail("has layer_costs and precisions, expected one of them");
  std::vector<Problem::LayerCosts> result;
  for (std::size_t i = 0; i < number_types->size(); ++i) {
    const JsonField entry = number_types->at(i);
    entry.allow_only({"precision", "layer_costs"});
    result.push_back({entry["precision"].text(), numbers(entry["layer_costs"])});
  }
  return result;
}

class ProblemReader {
 public:
  explicit ProblemReader(const JsonField& root) : root_(root) {}

  Problem read() {
    root_.allow_only({"name", "stream_fps", "budget", "layer_costs", "precisions", "fps_options", "streams",
                      "bases", "apps"});
    if (const auto name = root_.find("name")) problem_.name = name->text();
    problem_.budget = any_number(root_["budget"]);
    read_streams();
    read_bases();
    const JsonField apps = root_["apps"];
    for (std::size_t i = 0; i < entries(apps); ++i) read_app(apps.at(i));
    if (problem_.stems.empty()) stem_of("", "", root_);  // no apps: validate reports it
    return std::move(problem_);
  }

 private:
  struct Stream {
    double fps = 0;
    std::vector<double> fps_options;
    double limit = std::numeric_limits<double>::infinity();
    bool low_rates_alone = true;
  };

  // One stream without a name, or a list of streams.
  void read_streams() {
    const auto streams = root_.find("streams");
    if (!streams) {
      streams_[""] = {any_number(root_["stream_fps"]), numbers(root_["fps_options"])};
      return;
    }
    if (root_.find("stream_fps")) root_.fail("has stream_fps and streams, expected one of them");
    for (std::size_t i = 0; i < entries(*streams); ++i) {
      const JsonField entry = streams->at(i);
      entry.allow_only({"id", "fps", "fps_options", "limit", "low_rates_alone"});
      const std::string id = entry["id"].text();
      if (id.empty()) entry["id"].fail("is empty");
      Stream stream{any_number(entry["fps"]), {}};
      if (const auto limit = entry.find("limit")) stream.limit = any_number(*limit);
      if (const auto alone = entry.find("low_rates_alone")) stream.low_rates_alone = alone->boolean();
      if (const auto own = entry.find("fps_options")) {
        stream.fps_options = numbers(*own);
      } else {  // the common ones, up to the rate of this camera
        stream.fps_options = numbers(root_["fps_options"]);
        std::erase_if(stream.fps_options, [&](double fps) { return fps > stream.fps; });
      }
      if (!streams_.emplace(id, std::move(stream)).second) entry["id"].fail("is a duplicate");
    }
  }

  void read_bases() {
    const auto bases = root_.find("bases");
    if (!bases) {
      bases_[""] = read_layer_costs(root_);
      return;
    }
    if (root_.find("layer_costs") || root_.find("precisions")) {
      root_.fail("has bases and layer_costs, expected one of them");
    }
    for (std::size_t i = 0; i < entries(*bases); ++i) {
      const JsonField entry = bases->at(i);
      entry.allow_only({"id", "layer_costs", "precisions"});
      const std::string id = entry["id"].text();
      if (id.empty()) entry["id"].fail("is empty");
      if (!bases_.emplace(id, read_layer_costs(entry)).second) entry["id"].fail("is a duplicate");
    }
  }

  // The app's stream or base; the field may be missing where there is only one.
  template <typename T>
  static std::string name_in(const std::map<std::string, T>& known, const JsonField& app, const char* key) {
    const auto field = app.find(key);
    if (!field) {
      if (known.size() == 1) return known.begin()->first;
      app.fail(fmt::format("field \"{}\" is missing, and there are {} to choose from", key, known.size()));
    }
    std::string name = field->text();
    if (!known.contains(name)) {
      std::vector<std::string> names;
      for (const auto& entry : known) names.push_back(entry.first);
      field->fail(fmt::format("unknown {}, expected one of: {}", in_quotes(name), word_list(names)));
    }
    return name;
  }

  std::size_t stem_of(const std::string& stream, const std::string& base, const JsonField& at) {
    auto& stems = problem_.stems;
    const auto found = std::find_if(stems.begin(), stems.end(), [&](const Problem::Stem& stem) {
      return stem.stream == stream && stem.base == base;
    });
    if (found != stems.end()) return static_cast<std::size_t>(found - stems.begin());
    if (!streams_.contains(stream) || !bases_.contains(base))
      at.fail("apps is empty, expected at least one app");
    const Stream& from = streams_.at(stream);
    stems.push_back(
        {stream, base, from.fps, from.fps_options, bases_.at(base), from.limit, from.low_rates_alone});
    return stems.size() - 1;
  }

  void read_app(const JsonField& field) {
    field.allow_only({"id", "stream", "base", "weight", "min_fps", "max_fps", "min_f1", "fixed_fps",
                      "fixed_frozen", "fixed_candidate", "event_length_ms", "event_frequency", "correlation",
                      "x_vote", "candidates", "options"});
    Problem::App app;
    app.id = field["id"].text();
    app.stem = stem_of(name_in(streams_, field, "stream"), name_in(bases_, field, "base"), field);
    app.weight = optional_number(field, "weight").value_or(1);
    app.min_fps = optional_number(field, "min_fps");
    app.max_fps = optional_number(field, "max_fps");
    app.min_f1 = optional_number(field, "min_f1");
    app.fixed_fps = optional_number(field, "fixed_fps");
    if (const auto frozen = field.find("fixed_frozen")) app.fixed_frozen = small_integer(*frozen);
    if (const auto candidate = field.find("fixed_candidate")) app.fixed_candidate = candidate->text();
    const Problem::Stem& stem = problem_.stems[app.stem];
    if (const auto options = field.find("options")) {
      for (std::size_t i = 0; i < options->size(); ++i)
        app.options.push_back(read_option(options->at(i), stem));
      if (field.find("candidates")) field.fail("has candidates and options, expected one of them");
      if (app.options.empty()) options->fail("is empty");
    } else {
      read_events(field, app.events);
      const JsonField list = field["candidates"];
      for (std::size_t i = 0; i < list.size(); ++i)
        app.candidates.push_back(read_candidate(list.at(i), stem));
      if (app.candidates.empty()) list.fail("is empty");
    }
    problem_.apps.push_back(std::move(app));
  }

  static void read_events(const JsonField& app, EventStatistics& events) {
    events.length_ms = any_number(app["event_length_ms"]);
    events.frequency = any_number(app["event_frequency"]);
    events.correlation = any_number(app["correlation"]);
    events.votes = small_integer(app["x_vote"]);
  }

  static int number_type_of(const JsonField& object, const char* key, const Problem::Stem& stem) {
    const auto field = object.find(key);
    if (!field) return 0;
    const std::string name = field->text();
    std::vector<std::string> names;
    for (std::size_t p = 0; p < stem.layer_costs.size(); ++p) {
      names.push_back(stem.layer_costs[p].number_type);
      if (names.back() == name) return static_cast<int>(p);
    }
    field->fail(fmt::format("{} has no layer costs, expected one of: {}", in_quotes(name), word_list(names)));
  }

  // Empty when the field is missing: the frozen count is the id then.
  static std::string optional_id(const JsonField& object, const char* key) {
    const auto field = object.find(key);
    if (!field) return "";
    std::string id = field->text();
    if (id.empty()) field->fail("is empty; leave it out to use the frozen count");
    return id;
  }

  static Problem::Candidate::Kind kind_of(const JsonField& field) {
    const std::string kind = field.text();
    if (kind == "tail") return Problem::Candidate::Kind::tail;
    if (kind != "exit") field.fail(fmt::format("unknown kind {}, expected tail or exit", in_quotes(kind)));
    return Problem::Candidate::Kind::exit;
  }

  static Problem::MeasuredQuality read_measured(const JsonField& field) {
    field.allow_only({"fps", "votes", "recall", "precision", "f1", "f1_error"});
    Problem::MeasuredQuality row;
    row.fps = any_number(field["fps"]);
    if (const auto votes = field.find("votes")) row.votes = small_integer(*votes);
    row.quality = {any_number(field["recall"]), any_number(field["precision"]), any_number(field["f1"])};
    row.f1_error = optional_number(field, "f1_error").value_or(0);
    return row;
  }

  static Problem::Option read_option(const JsonField& field, const Problem::Stem& stem) {
    field.allow_only({"candidate", "frozen", "fps", "f1", "recall", "precision", "votes", "own_cost",
                      "head_cost", "stem_precision", "tail_precision"});
    Problem::Option option;
    option.candidate = optional_id(field, "candidate");
    option.frozen = small_integer(field["frozen"]);
    option.fps = any_number(field["fps"]);
    option.f1 = any_number(field["f1"]);
    option.recall = optional_number(field, "recall");
    option.precision = optional_number(field, "precision");
    if (const auto votes = field.find("votes")) option.votes = small_integer(*votes);
    option.own_cost = optional_number(field, "own_cost");
    option.head_cost = optional_number(field, "head_cost").value_or(0);
    option.stem_type = number_type_of(field, "stem_precision", stem);
    option.tail_type = number_type_of(field, "tail_precision", stem);
    return option;
  }

  static Problem::Candidate read_candidate(const JsonField& field, const Problem::Stem& stem) {
    field.allow_only({"id", "kind", "levels", "frozen", "tpr", "fpr", "own_cost", "head_cost", "measured",
                      "modelled", "stem_precision", "tail_precision"});
    Problem::Candidate candidate;
    candidate.id = optional_id(field, "id");
    if (const auto kind = field.find("kind")) candidate.kind = kind_of(*kind);
    if (const auto levels = field.find("levels")) candidate.levels = small_integer(*levels);
    candidate.frozen = small_integer(field["frozen"]);
    candidate.tpr = any_number(field["tpr"]);
    candidate.fpr = any_number(field["fpr"]);
    candidate.own_cost = optional_number(field, "own_cost");
    candidate.head_cost = optional_number(field, "head_cost").value_or(0);
    candidate.stem_type = number_type_of(field, "stem_precision", stem);
    candidate.tail_type = number_type_of(field, "tail_precision", stem);
    if (const auto measured = field.find("measured")) {
      for (std::size_t i = 0; i < measured->size(); ++i) {
        candidate.measured.push_back(read_measured(measured->at(i)));
      }
    }
    if (const auto modelled = field.find("modelled")) candidate.modelled = modelled->boolean();
    return candidate;
  }

  const JsonField& root_;
  std::map<std::string, Stream> streams_;
  std::map<std::string, std::vector<Problem::LayerCosts>> bases_;
  Problem problem_;
};

}  // namespace

Problem parse_problem(std::string_view text, const std::string& source) {
  Problem problem = ProblemReader(read_json(text, source)).read();
  try {
    validate(problem);
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", source, error.what()));
  }
  return problem;
}

Problem read_problem(const std::filesystem::path& path) {
  return parse_problem(read_file(path, kMaxBytes), path.string());
}

}  // namespace mainstream
