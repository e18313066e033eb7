// Views of many pictures and what the teacher makes of them, in files: computed once, reused in every epoch.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Memory-mapped files in a folder, with another one that tells how far they are filled.
class ViewStore {
 public:
  // Opens what is there if it was made under the same `key`, else begins anew. `view` and the targets' are
  // shapes without the batch.
  ViewStore(const std::filesystem::path& folder, const std::string& key, std::int64_t rows, const Shape& view,
            const std::vector<Shape>& targets);

  [[nodiscard]] const at::Tensor& views() const { return views_; }  // [rows, C, H, W], bytes
  // What the teacher makes of them, one tensor per hint: [rows, C, h, w], 16-bit floats.
  [[nodiscard]] const std::vector<at::Tensor>& targets() const { return targets_; }

  // The rows that are done, from the first, and the picture to go on with. Setting them writes them to disk.
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
