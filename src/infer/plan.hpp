// A compiled graph: a list of primitives with all their memory, ready to run.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <span>
#include <string>
#include <vector>

#include "infer/access.hpp"
#include "infer/layout.hpp"
#include "infer/weights.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

struct Engine::State {
  explicit State(int thread_count)
      : threads(thread_count), engine(dnnl::engine::kind::cpu, 0), weights(engine) {}

  const int threads;
  const dnnl::engine engine;
  WeightCache weights;
};

// One primitive with its memory bound, or a plain function where oneDNN has no primitive.
struct Step {
  StepInfo info;
  std::size_t node = 0;  // index in the graph; the first of the fused nodes
  dnnl::primitive primitive;
  std::vector<dnnl::memory> memories;      // owns the memory of `arguments`
  std::vector<dnnl_exec_arg_t> arguments;  // built once: oneDNN's C++ interface would copy them at each run
  std::function<void()> function;          // instead of a primitive
};

// The place of a tensor in a finished plan.
struct Placed {
  Layout layout;
  float scale = 1;  // value / stored
  std::byte* data = nullptr;
  std::size_t ready = 0;  // number of steps that must run before it is valid
};

// Belongs to one thread at a time; may be moved to another between runs.
class Plan {
 public:
  // Runs steps [begin, end).
  void run(std::size_t begin, std::size_t end);
  void run() { run(0, steps.size()); }
  // Milliseconds of each step, run in order once.
  [[nodiscard]] std::vector<double> run_timed() { return run_timed(steps); }
  // The same for steps of this plan, or copies of them.
  [[nodiscard]] std::vector<double> run_timed(std::span<const Step> some);

  // Copies a tensor in row-major order.
  [[nodiscard]] std::vector<float> read(const Placed& tensor) const;

  [[nodiscard]] const Placed& tensor(const std::string& name) const { return tensors.at(name); }
  [[nodiscard]] std::vector<StepInfo> step_infos() const;
  [[nodiscard]] EngineMemory memory() const;

  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };

  std::shared_ptr<EngineState> engine;
  dnnl::stream stream;
  std::vector<Step> steps;
  std::map<std::string, Placed> tensors;  // inputs and kept tensors
  std::vector<Weights> weights;
  std::unique_ptr<std::byte, Free> arena;
  std::size_t arena_bytes = 0, scratch_bytes = 0;
};

}  // namespace mainstream
