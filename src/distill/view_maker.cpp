#include "distill/view_maker.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/progress.hpp"
#include "graph/passes.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kRecordEvery = 50;  // pictures

Graph teacher_graph(const Base& teacher, const std::vector<Hint>& hints, int views) {
  Graph graph = with_batch(stem_of(teacher.graph, teacher.features), views);
  graph.outputs.clear();
  for (const Hint& hint : hints) graph.outputs.push_back(hint.teacher);
  return graph;
}

// Converts network inputs back to 0..255.
void to_bytes(std::span<const float> view, const InputSpec& input, std::uint8_t* out) {
  const std::size_t plane = view.size() / 3;
  for (std::size_t i = 0; i < view.size(); ++i) {
    const float x = view[i] / input.scale[i / plane] + input.mean[i / plane];
    out[i] = static_cast<std::uint8_t>(std::lround(std::clamp(x, 0.0F, 255.0F)));
  }
}

}  // namespace

View draw_view(std::mt19937_64& random) {
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const double area = uniform(0.3, 1);
  const double ratio = std::exp(uniform(-std::log(4.0 / 3), std::log(4.0 / 3)));
  View view;
  view.width = std::min(1.0, std::sqrt(area * ratio));
  view.height = std::min(1.0, std::sqrt(area / ratio));
  view.left = uniform(0, 1 - view.width);
  view.top = uniform(0, 1 - view.height);
  view.flip = uniform(0, 1) < 0.5;
  view.brightness = static_cast<float>(uniform(-40, 40));
  view.contrast = static_cast<float>(uniform(0.7, 1.3));
  view.saturation = static_cast<float>(uniform(0.6, 1.4));
  return view;
}

ViewMaker::ViewMaker(const Base& teacher, const Base& student, const std::vector<Hint>& hints,
                     const DistillOptions& options)
    : options_(options),
      student_input_(student.input),
      hints_(hints),
      teacher_graph_(teacher_graph(teacher, hints, options.views)),
      teacher_scaler_(teacher.input),
      student_scaler_(student.input),
      teacher_(Engine({options.threads}), teacher_graph_),
      teacher_views_(teacher_scaler_.size() * static_cast<std::size_t>(options.views)),
      student_view_(student_scaler_.size()) {}

bool ViewMaker::fill(ViewStore& store, const PictureSource& pictures, const std::stop_token& stop) {
  ViewStore::Filled filled = store.filled();
  if (filled.next_picture >= pictures.size()) return true;
  Progress progress("teacher", static_cast<std::uint64_t>(pictures.size()));
  pictures.each(filled.next_picture, [&](std::int64_t number, const Picture& picture) {
    if (stop.stop_requested()) return false;
    add(store, filled.rows, number, picture);
    filled = {filled.rows + options_.views, number + 1};
    if (filled.next_picture - store.filled().next_picture >= kRecordEvery) store.set_filled(filled);
    progress.update(static_cast<std::uint64_t>(filled.next_picture));
    return true;
  });
  if (!stop.stop_requested()) filled.next_picture = pictures.size();
  store.set_filled(filled);
  return !stop.stop_requested();
}

void ViewMaker::add(ViewStore& store, std::int64_t row, std::int64_t number, const Picture& picture) {
  // Seeded by the picture, so that a run that was killed draws the same views.
  std::mt19937_64 random(options_.seed * 1'000'003 + static_cast<std::uint64_t>(number));
  const std::size_t teacher_size = teacher_scaler_.size();
  for (int i = 0; i < options_.views; ++i) {
    const View view = draw_view(random);
    const std::span all(teacher_views_);
    teacher_scaler_.scale(picture, all.subspan(static_cast<std::size_t>(i) * teacher_size, teacher_size),
                          view);
    student_scaler_.scale(picture, student_view_, view);
    to_bytes(student_view_, student_input_, store.views()[row + i].data_ptr<std::uint8_t>());
  }
  const std::span<const float> input = teacher_views_;
  const std::vector<std::span<const float>> maps = teacher_.run(std::span(&input, 1));
  for (std::size_t i = 0; i < hints_.size(); ++i) {
    const Shape& shape = teacher_graph_.shape(hints_[i].teacher);
    const at::Tensor map = at::from_blob(const_cast<float*>(maps[i].data()), shape, at::kFloat);
    const at::Tensor small = at::adaptive_avg_pool2d(map, {hints_[i].map[1], hints_[i].map[2]});
    store.targets()[i].narrow(0, row, options_.views).copy_(small);
  }
}

}  // namespace mainstream
