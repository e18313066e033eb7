// Draws views of pictures and runs the teacher on them.
#pragma once

#include <random>
#include <stop_token>

#include "distill/hints.hpp"
#include "distill/picture_source.hpp"
#include "distill/view_store.hpp"
#include "mainstream/base.hpp"
#include "mainstream/distill.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/media.hpp"

namespace mainstream {

// A crop of 30 to 100 % of the picture's area, its aspect ratio changed by up to 4:3, flipped half the time,
// with changed brightness, contrast and saturation.
[[nodiscard]] View draw_view(std::mt19937_64& random);

class ViewMaker {
 public:
  // The student sees what the teacher sees, at its own size.
  ViewMaker(const Base& teacher, const Base& student, const std::vector<Hint>& hints,
            const DistillOptions& options);

  // Fills the rows that are missing. Returns false when stopped; finished rows are recorded in the store.
  bool fill(ViewStore& store, const PictureSource& pictures, const std::stop_token& stop);

 private:
  // Writes one row per view of the picture.
  void add(ViewStore& store, std::int64_t row, std::int64_t number, const Picture& picture);

  const DistillOptions& options_;
  const InputSpec student_input_;
  const std::vector<Hint>& hints_;
  const Graph teacher_graph_;  // a picture's views are one batch; the hints are its outputs
  InputScaler teacher_scaler_, student_scaler_;
  Network teacher_;
  std::vector<float> teacher_views_;
  std::vector<float> student_view_;
};

}  // namespace mainstream
