// The frame of every experiment. An experiment measures cells, each once: their results are kept in a file,
// so that an interrupted run goes on where it stopped. A report of them is written in all forms at once.
//
//   ExperimentResults results(setup, cells);
//   for (..) use(results.cell("2 apps", [&] { return Json{..}; }));
//   return results.write(report);
//
// A cell takes seconds to minutes; what one cell measures depends on the options and its name alone.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/progress.hpp"
#include "eval/plot.hpp"
#include "eval/tables.hpp"
#include "mainstream/experiments.hpp"

namespace mainstream {

// What an experiment tells people.
struct ExperimentReport {
  struct Section {
    std::string heading;
    std::vector<std::string> text;  // paragraphs
    struct Chart {
      std::string name;  // "f1-over-apps": the end of its file's name
      Plot plot;
    };
    std::vector<Chart> charts;
    Rows table;  // empty: none
  };
  std::string title;
  std::string runs;  // how often what was measured: "100 workloads per point, each scheduled once"
  std::string
      spread;  // what stands behind a plus-minus sign or an error bar: "standard error over workloads"
  std::vector<Section> sections;
  Rows figures;  // for programs: plain numbers, one row per point
};

// What a file holds, as 16 digits; empty for what is no file, such as an address.
[[nodiscard]] std::string contents_id(const std::filesystem::path& file);

// The setup with what these files hold among its options, which name the files alone.
[[nodiscard]] ExperimentSetup with_contents(ExperimentSetup setup,
                                            const std::vector<std::filesystem::path>& files);

class ExperimentResults {
 public:
  // Begins with what an earlier run kept in OUTPUT/NAME.json. Throws usage, naming what differs, when that
  // has other options or comes from another commit or machine; untrusted when it is damaged; storage when the
  // folder cannot be made. `cells`: how many there will be, for the progress on standard error.
  ExperimentResults(ExperimentSetup setup, std::size_t cells);
  ~ExperimentResults();
  ExperimentResults(const ExperimentResults&) = delete;
  ExperimentResults& operator=(const ExperimentResults&) = delete;

  // The kept result of that cell; `measure` makes it where there is none. Throws failed when setup.stop is
  // stopped, before measuring; what measure throws passes through. Finished cells are kept either way.
  Json cell(const std::string& name, const std::function<Json()>& measure);

  // Writes NAME.json, NAME.csv, NAME.md, NAME.html and the charts. Throws storage; failed without gnuplot.
  ExperimentFiles write(const ExperimentReport& report);

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& ending) const;
  [[nodiscard]] std::vector<std::string> conditions(const ExperimentReport& report) const;
  void resume();
  void save();

  const ExperimentSetup setup_;
  Json document_;  // as NAME.json has it
  std::chrono::steady_clock::time_point saved_;
  const std::size_t cells_;
  std::size_t done_ = 0;
  std::optional<Progress> progress_;  // from the first cell on
};

}  // namespace mainstream
