// Views of many pictures and the teacher's activations for them, in files: computed once, reused in every
// epoch.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Memory-mapped files in a folder, with a file that records how far they are filled.
class ViewStore {
 public:
  // Opens the files in the folder if they were made under the same `key`, else starts afresh. `view` and the
  // targets' shapes have no batch dimension.
  ViewStore(const std::filesystem::path& folder, const std::string& key, std::int64_t rows, const Shape& view,
            const std::vector<Shape>& targets);

  [[nodiscard]] const at::Tensor& views() const { return views_; }  // [rows, C, H, W], bytes
  // The teacher's activations, one tensor per hint: [rows, C, h, w], 16-bit floats.
  [[nodiscard]] const std::vector<at::Tensor>& targets() const { return targets_; }

  // The number of finished rows and the picture to continue with. Setting them writes them to disk.
  struct Filled {
    std::int64_t rows = 0, next_picture = 0;
  };
  [[nodiscard]] const Filled& filled() const { return filled_; }
  void set_filled(const Filled& filled);

 private:
  std::filesystem::path index_;
  std::string key_;
  at::Tensor views_;
  std::vector<at::Tensor> targets_;
  Filled filled_;
};

}  // namespace mainstream
