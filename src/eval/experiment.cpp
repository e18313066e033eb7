#include "eval/experiment.hpp"

#include <fmt/format.h>

#include "core/cpus.hpp"
#include "core/file.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "eval/commit.hpp"
#include "eval/html.hpp"
#include "infer/layer_times.hpp"
#include "mainstream/error.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

// A long run loses no more than this and the cell that it was in.
constexpr auto kSaveEvery = std::chrono::seconds(2);

Json document_of(const ExperimentSetup& setup) {
  Json document{{"format", 1},
                {"experiment", setup.name},
                {"options", Json::object()},
                {"version", MAINSTREAM_VERSION},
                {"commit", MAINSTREAM_COMMIT},
                {"machine", fmt::format("{}, {} processors", processor_name(), usable_cpus())},
                {"command", setup.command},
                {"cells", Json::object()}};
  for (const auto& [name, value] : setup.options) document["options"][name] = value;
  return document;
}

// "option budget is 50, was 300"
std::vector<std::string> differences(const Json& now, const JsonField& kept) {
  std::vector<std::string> all;
  const auto compare = [&](const std::string& what, const std::string& is, const std::string& was) {
    if (is != was) all.push_back(fmt::format("{} is {}, was {}", what, in_quotes(is), in_quotes(was)));
  };
  for (const char* field : {"experiment", "version", "commit", "machine"})
    compare(field, now.at(field).get<std::string>(), kept[field].text());
  const JsonField options = kept["options"];
  for (const auto& [name, value] : now.at("options").items()) {
    const auto was = options.find(name);
    compare("option " + name, value.get<std::string>(), was ? was->text() : "not there");
  }
  return all;
}

std::string chart_name(const ExperimentSetup& setup, const ExperimentReport::Section::Chart& chart) {
  return fmt::format("{}-{}.svg", setup.name, chart.name);
}

using ChartFiles = std::vector<std::string>;  // SVG documents of all sections in order

std::string markdown_report(const ExperimentSetup& setup, const ExperimentReport& report,
                            const std::vector<std::string>& conditions) {
  std::string text = fmt::format("# {}\n\n- {}\n", report.title, joined(conditions, "\n- "));
  for (const ExperimentReport::Section& section : report.sections) {
    text += fmt::format("\n## {}\n", section.heading);
    for (const std::string& paragraph : section.text) text += fmt::format("\n{}\n", paragraph);
    for (const auto& chart : section.charts)
      text += fmt::format("\n![{}]({})\n", chart.plot.title, chart_name(setup, chart));
    if (!section.table.empty()) text += "\n" + markdown_of(section.table);
  }
  return text;
}

HtmlReport html_report(const ExperimentReport& report, const std::vector<std::string>& conditions,
                       const ChartFiles& charts) {
  HtmlReport html(report.title);
  html.list(conditions);
  auto svg = charts.begin();
  for (const ExperimentReport::Section& section : report.sections) {
    html.heading(section.heading);
    for (const std::string& paragraph : section.text) html.paragraph(paragraph);
    for (std::size_t i = 0; i < section.charts.size(); ++i) html.chart(*svg++);
    if (!section.table.empty()) html.table(section.table);
  }
  return html;
}

}  // namespace

std::string contents_id(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return "";
  return sha256_of_file(file).substr(0, 16);
}

ExperimentSetup with_contents(ExperimentSetup setup, const std::vector<std::filesystem::path>& files) {
  for (const std::filesystem::path& file : files)
    setup.options.emplace_back("contents of " + file.string(), contents_id(file));
  return setup;
}

ExperimentResults::ExperimentResults(ExperimentSetup setup, std::size_t cells)
    : setup_(std::move(setup)),
      document_(document_of(setup_)),
      saved_(std::chrono::steady_clock::now()),
      cells_(cells) {
  std::error_code error;
  std::filesystem::create_directories(setup_.output, error);
  if (error) {
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot make the folder: {}", setup_.output.string(), error.message()));
  }
  if (std::filesystem::exists(file(".json"))) resume();
}

ExperimentResults::~ExperimentResults() {
  try {
    save();
  } catch (const std::exception& error) {
    say(fmt::format("{}\n", error.what()));  // an exception may be on its way already
  }
}

void ExperimentResults::resume() {
  const std::string source = file(".json").string();
  const JsonField root = read_json(read_file(source), source);
  const std::vector<std::string> other = differences(document_, root);
  if (!other.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("{} keeps results of another run: {}; remove it to begin again, or give another "
                            "--output",
                            source, joined(other, "; ")));
  }
  if (!root["cells"].is_object()) root["cells"].fail("expected an object");
  document_["cells"] = root["cells"].value();
}

Json ExperimentResults::cell(const std::string& name, const std::function<Json()>& measure) {
  if (!progress_) progress_.emplace(setup_.name, cells_);
  Json& cells = document_["cells"];
  if (!cells.contains(name)) {
    if (setup_.stop.stop_requested()) {
      throw Error(ErrorKind::failed, fmt::format("interrupted; {} keeps {} finished cells, and the same "
                                                 "command goes on from there",
                                                 file(".json").string(), cells.size()));
    }
    Json result = measure();
    cells[name] = std::move(result);
    if (std::chrono::steady_clock::now() - saved_ >= kSaveEvery) save();
  }
  progress_->update(++done_, name);
  return cells[name];
}

ExperimentFiles ExperimentResults::write(const ExperimentReport& report) {
  progress_.reset();
  save();
  ExperimentFiles files{file(".json"), file(".csv"), file(".md"), file(".html"), {}};
  ChartFiles charts;
  for (const ExperimentReport::Section& section : report.sections) {
    for (const auto& chart : section.charts) {
      charts.push_back(draw_svg(chart.plot));
      files.charts.push_back(setup_.output / chart_name(setup_, chart));
      write_file(files.charts.back(), charts.back());
    }
  }
  write_file(files.csv, csv_of(report.figures));
  write_file(files.markdown, markdown_report(setup_, report, conditions(report)));
  html_report(report, conditions(report), charts).write(files.html);
  return files;
}

std::filesystem::path ExperimentResults::file(const std::string& ending) const {
  return setup_.output / (setup_.name + ending);
}

std::vector<std::string> ExperimentResults::conditions(const ExperimentReport& report) const {
  const auto text = [&](const char* field) { return document_.at(field).get<std::string>(); };
  return {"Machine: " + text("machine"),
          fmt::format("Version: {}, commit {}", text("version"), text("commit")),
          "Command: " + text("command"), "Runs: " + report.runs, "Spread: " + report.spread};
}

void ExperimentResults::save() {
  write_file(file(".json"), json_text(document_, 1) + "\n");
  saved_ = std::chrono::steady_clock::now();
}

}  // namespace mainstream
