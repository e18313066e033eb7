// mainstream experiment compose, tenants, budget, voting, sampling, timeline: apps that tell one class of
// pictures from the rest, on streams of known events made of other pictures.
#include <fmt/format.h>

#include <memory>

#include "core/stop.hpp"
#include "core/text.hpp"
#include "eval/sampling.hpp"
#include "eval/tenant_experiments.hpp"
#include "eval/timeline.hpp"
#include "experiment_command.hpp"
#include "mainstream/error.hpp"
#include "stream_study.hpp"

namespace mainstream {
namespace {

void add_compose(Command group) {
  struct Arguments {
    ComposeArguments compose;
    std::filesystem::path output = "out/experiments/compose";
  };
  const auto arguments = std::make_shared<Arguments>();
  const Command command =
      group.add_subcommand("compose", "Makes a stream of known events from labelled pictures");
  add_compose_options(command, arguments->compose);
  command.add_option("-o,--output", arguments->output, "Folder for stream.mp4, labels.csv and stream.json")
      .show_default();
  command.footer(
      "Example: mainstream experiment compose --pictures flowers5 clothing10 --app rose hat --frequency 0.1");
  command.callback([arguments] {
    const PictureSets sets = read_picture_sets(arguments->compose.pictures, arguments->compose.options.seed);
    if (std::filesystem::exists(composed_files(arguments->output).record)) {
      throw Error(ErrorKind::usage,
                  arguments->output.string() + " has a stream already; remove it, or give another --output");
    }
    const ComposedStream files =
        compose_once(sets, compose_options(arguments->compose, sets), arguments->output, stop_on_signal());
    fmt::print("Video: {}\nLabels: {}\nPictures: {}, listed in {}\n", files.video.string(),
               files.labels.string(), joined(sets.parts, "; "), files.record.string());
  });
}

struct TenantArguments {
  StreamArguments stream;
  TenantOptions options;
  std::vector<std::size_t> real{1, 5, 10};
};

// --quick: fewer and smaller mixes.
TenantOptions options_of(const TenantArguments& arguments, bool quick) {
  TenantOptions options = arguments.options;
  options.seed = arguments.stream.compose.options.seed;
  if (!quick) return options;
  options.mixes = 2;
  if (options.tenants.size() > 3) options.tenants = {1, 2, 4};
  if (options.shares.size() > 3) options.shares = {0.1, 0.5, 1};
  for (std::size_t& tenants : options.tenants) tenants = std::min<std::size_t>(tenants, 8);
  return options;
}

void add_grid_options(Command command, TenantArguments& arguments, const std::string& shares_text) {
  add_stream_options(command, arguments.stream);
  command.add_option("--tenants", arguments.options.tenants, "Numbers of apps; beyond all, apps are repeated")
      .show_default()
      .within(1, 1000);
  command.add_option("--share", arguments.options.shares, shares_text).show_default().within(1e-6, 1e6);
  command.add_option("--mixes", arguments.options.mixes, "Random mixes of each number of apps")
      .show_default()
      .within(1, 1000);
}

constexpr const char* kOneShare = "Budget, in whole bases at the stream's rate: with 1, one app fits alone";

void add_tenants(Command group) {
  const auto arguments = std::make_shared<TenantArguments>();
  arguments->options.tenants = {1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30};
  arguments->options.shares = {1};
  const Command command = add_experiment(
      group, "tenants", "F1, rates and busy time over the number of apps: Mainstream and its baselines",
      [arguments](const ExperimentSetup& setup) {
        const StreamStudy study(arguments->stream, setup);
        const std::vector<std::size_t> real = setup.quick ? std::vector<std::size_t>{1, 4} : arguments->real;
        return run_tenants(study.setup(), study.pools(), options_of(*arguments, setup.quick), real,
                           study.run_options());
      });
  add_grid_options(command, *arguments, kOneShare);
  command.option("--share").takes(1);
  command.add_option("--real", arguments->real, "Numbers of apps that are really run").show_default();
  command.footer(
      "Trains the apps, composes a stream, records all scores, replays every mix, and really runs some. "
      "Example:\n"
      "  mainstream experiment tenants --base mobilenet.onnx --pictures flowers5 clothing10 --quick");
}

void add_budget(Command group) {
  const auto arguments = std::make_shared<TenantArguments>();
  arguments->options.tenants = {2, 5, 10};
  arguments->options.shares = {0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10};
  const Command command =
      add_experiment(group, "budget", "F1 over the budget at fixed numbers of apps",
                     [arguments](const ExperimentSetup& setup) {
                       const StreamStudy study(arguments->stream, setup);
                       return run_budget(study.setup(), study.pools(), options_of(*arguments, setup.quick));
                     });
  add_grid_options(command, *arguments, "Budgets, in whole bases at the stream's rate");
  command.footer("Example: mainstream experiment budget --pictures flowers5 --quick");
}

void add_voting(Command group) {
  const auto arguments = std::make_shared<TenantArguments>();
  arguments->options.tenants = {1, 2, 3, 5, 7, 10};
  arguments->options.shares = {1};
  const Command command =
      add_experiment(group, "voting", "F1 with 1, 3, 5, 7 and chosen votes over the number of apps",
                     [arguments](const ExperimentSetup& setup) {
                       const StreamStudy study(arguments->stream, setup);
                       return run_voting(study.setup(), study.pools(), options_of(*arguments, setup.quick));
                     });
  add_grid_options(command, *arguments, kOneShare);
  command.option("--share").takes(1);
  command.footer("Example: mainstream experiment voting --pictures flowers5 --quick");
}

void add_sampling(Command group) {
  const auto arguments = std::make_shared<StreamArguments>();
  const Command command = add_experiment(
      group, "sampling", "Recall over the frame rate: replayed, and as the quality model has it",
      [arguments](const ExperimentSetup& setup) {
        const StreamStudy study(*arguments, setup);
        return run_sampling(study.setup(), study.pools().all);
      });
  add_stream_options(command, *arguments);
  command.footer("Example: mainstream experiment sampling --pictures flowers5 --quick");
}

void add_timeline(Command group) {
  struct Arguments {
    StreamArguments stream;
    TimelineOptions options;
  };
  const auto arguments = std::make_shared<Arguments>();
  const Command command =
      add_experiment(group, "timeline", "What real runs analyse, hit and miss during events of an app",
                     [arguments](const ExperimentSetup& setup) {
                       const StreamStudy study(arguments->stream, setup);
                       TimelineOptions options = arguments->options;
                       options.seed = arguments->stream.compose.options.seed;
                       options.tenants = std::min(options.tenants, study.pools().all.trained.mix.apps.size());
                       return run_timeline(study.setup(), study.pools().all, options, study.run_options());
                     });
  add_stream_options(command, arguments->stream);
  command.add_option("--tenants", arguments->options.tenants, "Number of apps in the mix")
      .show_default()
      .within(1, 1000);
  command.add_option("--share", arguments->options.share, kOneShare).show_default().within(1e-6, 1e6);
  command.add_option("--events", arguments->options.events, "Number of events in the picture")
      .show_default()
      .within(1, 100);
  command.add_option("--show", arguments->options.app,
                     "App whose events are shown (default: the mix's first)");
  command.footer("Example: mainstream experiment timeline --pictures flowers5 --quick");
}

}  // namespace

void add_stream_experiments(Command group) {
  add_compose(group);
  add_tenants(group);
  add_budget(group);
  add_voting(group);
  add_sampling(group);
  add_timeline(group);
}

}  // namespace mainstream
