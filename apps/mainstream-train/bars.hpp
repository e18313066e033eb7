// Progress of the trainer's work, a bar per stage.
#pragma once

#include <memory>
#include <string>

#include "core/progress.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

class Bars {
 public:
  void report(const TrainProgress& progress) {
    if (!bar_ || stage_ != progress.stage) {
      bar_.reset();
      bar_ = std::make_unique<Progress>(progress.stage, progress.total);
      stage_ = progress.stage;
    }
    bar_->update(progress.done, progress.note);
  }
  // Ends the last line, so that other output starts on a new one.
  void end() { bar_.reset(); }

 private:
  std::string stage_;
  std::unique_ptr<Progress> bar_;
};

// "0..397", or several parts with commas. Throws usage naming the option.
[[nodiscard]] std::vector<FrameRange> parse_frames(const std::string& option, const std::string& text);

}  // namespace mainstream
