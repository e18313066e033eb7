// What the experiments on composed streams begin with: apps trained on pictures, a stream of other pictures
// and a shorter clip of others still, and the scores of all candidates on both.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include "command.hpp"

#include "eval/score_files.hpp"
#include "eval/stream_composer.hpp"
#include "eval/tenant_grid.hpp"
#include "eval/tenant_runs.hpp"

namespace mainstream {

struct ComposeArguments {
  std::vector<std::filesystem::path> pictures;
  ComposeOptions options;  // but for these pairs:
  std::vector<double> event_ms{200, 1000}, other_ms{200, 1000};
  std::vector<int> size{256, 256};
};

// The options of `compose`, which all experiments on streams have, too.
void add_compose_options(Command command, ComposeArguments& arguments);

// Complete options. Without named apps all classes have one.
[[nodiscard]] ComposeOptions compose_options(const ComposeArguments& arguments, const PictureSets& sets);

// Composes FOLDER's stream, unless it is there.
ComposedStream compose_once(const PictureSets& sets, const ComposeOptions& options,
                            const std::filesystem::path& folder, const std::stop_token& stop);

struct StreamArguments {
  ComposeArguments compose;
  std::filesystem::path base = "models/mainstream-small.onnx";
  std::string candidates = "all";
  std::size_t pictures_per_app = 600;
  int threads = 1;  // of the engine that schedules are made for: real runs go as fast as they can, and the
                    // decoder needs the other processors
  std::filesystem::path work =
      "out/experiments/streams";  // packages, streams and scores, for all experiments
};

void add_stream_options(Command command, StreamArguments& arguments);

class StreamStudy {
 public:
  // Trains, composes and records what `work` lacks. --quick: at most four apps, exits alone, 120 pictures an
  // app and a minute of stream.
  StreamStudy(const StreamArguments& arguments, const ExperimentSetup& setup);
  ~StreamStudy();

  [[nodiscard]] TenantPools pools() const;
  // Options of real runs on the stream.
  [[nodiscard]] RealRunOptions run_options() const;
  // The setup, with what the results depend on beyond its options: packages, stream and labels.
  [[nodiscard]] const ExperimentSetup& setup() const { return setup_; }

 private:
  struct Recorded;  // packages of one kind with their scores
  // `what` names the recording among the results' options.
  [[nodiscard]] std::unique_ptr<Recorded> record(const std::vector<std::filesystem::path>& packages,
                                                 const std::string& what);
  [[nodiscard]] ScoredStream compose(const PictureSets& sets, const ComposeOptions& options) const;

  const PictureSets sets_;
  const StreamArguments arguments_;
  ExperimentSetup setup_;
  ScoredStream stream_, clip_;  // of two thirds of the stream pictures; of the others, half as long
  Engine engine_;
  std::unique_ptr<Recorded> all_, tails_;
};

}  // namespace mainstream
