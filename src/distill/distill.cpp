#include "mainstream/distill.hpp"

#include <fmt/format.h>

#include "core/json.hpp"
#include "distill/hints.hpp"
#include "distill/picture_source.hpp"
#include "distill/student.hpp"
#include "distill/student_training.hpp"
#include "distill/view_maker.hpp"
#include "distill/view_store.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"
#include "package/fingerprint.hpp"
#include "package/input_json.hpp"
#include "package/sha256.hpp"
#include "train/torch/device.hpp"

namespace mainstream {
namespace {

void check(const DistillOptions& options) {
  if (options.views < 1 || options.epochs < 0 || options.batch < 2 || options.video_step < 1) {
    throw Error(ErrorKind::usage,
                fmt::format("expected views and video step of at least 1, epochs of at least 0, a batch of "
                            "at least 2; got {} views, step {}, {} epochs, batch {}",
                            options.views, options.video_step, options.epochs, options.batch));
  }
  if (!(options.learning_rate > 0) || !(options.held_out > 0 && options.held_out < 1)) {
    throw Error(
        ErrorKind::usage,
        fmt::format("expected a learning rate above 0 and a held-out share between 0 and 1, got {} and {}",
                    options.learning_rate, options.held_out));
  }
  (void)device_named(options.device);  // throws for one that is not there
}

// A hash of everything that the stored views depend on.
std::string view_key(const Base& teacher, const Base& student, const PictureSource& pictures,
                     const DistillOptions& options) {
  return sha256(fmt::format("{} {} {} {} {}\n{}", teacher.id, json_text(input_to_json(teacher.input)),
                            json_text(input_to_json(student.input)), options.views, options.seed,
                            pictures.description()));
}

// A hash of everything that a checkpoint depends on, the views included.
std::string training_key(const std::string& views, const Graph& student, const DistillOptions& options) {
  return sha256(fmt::format("hints {} {} {} {} {} {} {}", views, fingerprint(student), options.epochs,
                            options.batch, options.learning_rate, options.weight_decay, options.held_out));
}

// The student's graph up to its features, pooled to a vector: layers behind the features are not trained.
Base finished(const Base& student, Graph graph) {
  const std::string features = graph.outputs.front();
  const std::int64_t channels = graph.shape(features)[1];
  graph.nodes.push_back({op::GlobalPool{}, {features}, "pooled"});
  graph.nodes.push_back({op::Reshape{{channels}}, {"pooled"}, "vector"});
  graph.outputs = {"vector"};
  infer_shapes(graph);
  return prepare_base(std::move(graph), {student.name, student.input, features});
}

}  // namespace

std::optional<DistillResult> distill(const Base& teacher, const Base& student, const DistillOptions& options,
                                     std::stop_token stop) {
  check(options);
  const PictureSource pictures(options);
  const Graph blank = with_new_weights(stem_of(student.graph, student.features), options.seed);
  const std::vector<Hint> hints = choose_hints(teacher, student);
  std::vector<Shape> maps;
  for (const Hint& hint : hints) maps.push_back(hint.map);
  const std::string views = view_key(teacher, student, pictures, options);
  ViewStore store(options.work, views, pictures.size() * options.views,
                  {3, student.input.height, student.input.width}, maps);
  if (!ViewMaker(teacher, student, hints, options).fill(store, pictures, stop)) return std::nullopt;
  auto trained =
      train_student(blank, student.input, hints, store, training_key(views, blank, options), options, stop);
  if (!trained) return std::nullopt;
  const std::int64_t used = store.filled().rows / options.views;
  return DistillResult{finished(student, std::move(trained->graph)), used, pictures.size() - used,
                       trained->held_out_loss};
}

}  // namespace mainstream
