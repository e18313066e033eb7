#include "infer/plan.hpp"

#include <oneapi/dnnl/dnnl_debug.h>
#include <algorithm>
#include <chrono>
#include <set>

#include "infer/threads.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using SteadyClock = std::chrono::steady_clock;

double milliseconds_since(SteadyClock::time_point before) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - before).count();
}

void run_step(const Step& step, dnnl_stream_t stream) {
  if (step.function) {
    step.function();
    return;
  }
  const auto status = dnnl_primitive_execute(step.primitive.get(), stream,
                                             static_cast<int>(step.arguments.size()), step.arguments.data());
  if (status != dnnl_success) {
    throw Error(ErrorKind::failed, "oneDNN could not run " + step.info.primitive + " for '" +
                                       step.info.output + "': " + dnnl_status2str(status));
  }
}

}  // namespace

void Plan::run(std::size_t begin, std::size_t end) {
  const ThreadScope scope(engine->threads);
  for (std::size_t i = begin; i < end; ++i) run_step(steps[i], stream.get());
}

std::vector<double> Plan::run_timed(std::span<const Step> some) {
  const ThreadScope scope(engine->threads);
  std::vector<double> milliseconds;
  milliseconds.reserve(some.size());
  for (const Step& step : some) {
    const auto before = SteadyClock::now();
    run_step(step, stream.get());
    milliseconds.push_back(milliseconds_since(before));
  }
  return milliseconds;
}

std::vector<float> Plan::read(const Placed& tensor) const {
  const ThreadScope scope(engine->threads);
  const Shape shape(tensor.layout.data.dims, tensor.layout.data.dims + tensor.layout.data.ndims);
  std::vector<float> plain(static_cast<std::size_t>(element_count(shape)));
  dnnl::memory from(tensor.layout, engine->engine, tensor.data);
  dnnl::memory to(row_major(shape), engine->engine, plain.data());
  dnnl::stream copying(engine->engine);
  dnnl::primitive_attr attr;
  attr.set_output_scales(0, {tensor.scale});
  dnnl::reorder(dnnl::reorder::primitive_desc(from, to, attr)).execute(copying, from, to);
  copying.wait();
  return plain;
}

std::vector<StepInfo> Plan::step_infos() const {
  std::vector<StepInfo> infos;
  infos.reserve(steps.size());
  for (const Step& step : steps) infos.push_back(step.info);
  return infos;
}

EngineMemory Plan::memory() const {
  EngineMemory memory{.weights = 0, .activations = arena_bytes, .scratch = scratch_bytes};
  std::set<const PackedWeights*> counted;
  for (const auto& packed : weights) {
    if (counted.insert(packed.get()).second) memory.weights += packed->memory.get_desc().get_size();
  }
  return memory;
}

}  // namespace mainstream
