// The inference engine: compiles graphs to oneDNN primitives and runs them, whole or in pieces.
//
// Ownership and threads: an Engine may be shared by all threads; its networks keep it alive. A Network, or a
// Stem with its Tails, belongs to one thread at a time. Compiling is possible on another thread while a Stem
// runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"
#include "mainstream/number_type.hpp"

namespace mainstream {

struct EngineOptions {
  int threads = 0;  // 0: as many as this process may use (affinity, cgroup)
};

// Whether this processor computes in the number type: bf16 needs AVX-512 BF16, int8 AVX-512 VNNI (or AVX2
// VNNI).
[[nodiscard]] bool processor_has(NumberType number_type);

class Engine {
 public:
  explicit Engine(const EngineOptions& options = {});
  [[nodiscard]] int threads() const;
  // Bytes of packed weights of all existing networks of this engine; each constant counts once.
  [[nodiscard]] std::size_t weight_bytes() const;

 private:
  friend struct EngineAccess;  // internal to src/infer
  struct State;
  std::shared_ptr<State> state_;
};

// One compiled step, to show where time goes.
struct StepInfo {
  std::string output;              // the activation that it makes
  std::string primitive;           // "convolution", "reorder", ..
  std::string implementation;      // oneDNN's name ("jit:avx512_core")
  std::string layout;              // layout of the output ("aBcd16b")
  std::string type;                // element type of the output ("f32", "bf16", "u8", "s8")
  std::vector<std::string> fused;  // operations of the graph that the step includes, in order
  double milliseconds = 0;         // median, once profiled
};

// Times of repeated runs, after a warm-up.
struct Timing {
  double median_ms = 0;
  double p90_ms = 0;  // nine of ten runs took no longer
  std::size_t runs = 0;
  std::size_t outliers = 0;  // runs over 1.5 times the median, which something disturbed
};

struct EngineMemory {
  std::size_t weights = 0, activations = 0, scratch = 0;  // bytes
};

// A whole graph, from inputs to outputs.
class Network {
 public:
  // Throws unsupported, naming graph, node and operation, before anything runs; also for a number type that
  // the processor does not have. int8 computes on activations that have ranges; other activations stay in
  // f32.
  Network(const Engine& engine, const Graph& graph, NumberType number_type = NumberType::f32,
          const Ranges& ranges = {});
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  // Inputs in the graph's order, plain row-major f32, sizes as in the graph. Outputs likewise; they stay
  // valid until the next run.
  std::vector<std::span<const float>> run(std::span<const std::span<const float>> inputs);
  std::span<const float> run(std::span<const float> input);  // for graphs with one input and one output

  [[nodiscard]] std::vector<StepInfo> steps() const;
  // Runs on the last input for about `duration` (at least five times).
  [[nodiscard]] Timing benchmark(std::chrono::milliseconds duration);
  // The steps with their median times over `repetitions` runs on the last input.
  [[nodiscard]] std::vector<StepInfo> profile(int repetitions);
  [[nodiscard]] EngineMemory memory() const;

 private:
  friend struct EngineAccess;
  struct State;
  std::unique_ptr<State> state_;
};

// The shared part of a base, compiled once, run in ranges: load a frame, run to the first branchpoint in use,
// run the tails due there, then run to the next. Branchpoint tensors keep oneDNN's blocked layout.
class Stem {
 public:
  // `branchpoints`: tensors of the base, in order; the base's input itself may be the first. Nodes after the
  // last of them are not compiled. `number_types[i]` is that of the segment from branchpoint i - 1 to i;
  // empty means f32. Throws usage for a tensor that the base does not have, or out of order, and unsupported
  // as Network does.
  Stem(const Engine& engine, const Graph& base, const std::vector<std::string>& branchpoints,
       const std::vector<NumberType>& number_types = {}, const Ranges& ranges = {});
  ~Stem();
  Stem(Stem&&) noexcept;
  Stem& operator=(Stem&&) noexcept;

  void load(std::span<const float> input);  // [N, C, H, W]; discards earlier results
  void run_to(std::size_t branchpoint);     // runs the steps that have not run since load
  [[nodiscard]] const std::vector<std::string>& branchpoints() const;

  // The tensor at a branchpoint in plain NCHW f32; for training, tests and feedback. Only after run_to.
  [[nodiscard]] std::vector<float> read(std::size_t branchpoint) const;

  [[nodiscard]] std::vector<StepInfo> steps() const;
  // Each step's median time over `repetitions` runs to the last branchpoint.
  [[nodiscard]] std::vector<StepInfo> profile(int repetitions);
  [[nodiscard]] EngineMemory memory() const;

 private:
  friend struct EngineAccess;  // internal to src/infer
  struct State;
  std::shared_ptr<State> state_;
};

// One app's tail or exit, compiled against its stem's layouts; the stem's number type may be another.
class Tail {
 public:
  // The graph's inputs are branchpoints of the stem by their names, the deepest of them its branchpoint. It
  // has one output. In int8 a product that reads an unflattened tensor (an exit's) computes on integers if
  // the stem writes them, otherwise in f32. Throws untrusted for a graph that does not fit the stem, and
  // unsupported as Network does.
  Tail(const Stem& stem, const Graph& tail, NumberType number_type = NumberType::f32,
       const Ranges& ranges = {});
  ~Tail();
  Tail(Tail&&) noexcept;
  Tail& operator=(Tail&&) noexcept;

  [[nodiscard]] std::size_t branchpoint() const;  // index into the stem's

  // Reads the stem's current tensors. Call stem.run_to(branchpoint()) first; otherwise it throws usage. The
  // logits stay valid until the next run.
  std::span<const float> run();

  [[nodiscard]] std::vector<StepInfo> steps() const;
  [[nodiscard]] EngineMemory memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mainstream
