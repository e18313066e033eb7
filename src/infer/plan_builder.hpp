// Collects the steps and the memory of a plan while a graph is compiled.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "infer/buffers.hpp"
#include "infer/formats.hpp"
#include "infer/fusion.hpp"
#include "infer/plan.hpp"

namespace mainstream {

// Memory with a layout: a piece of one of the arena's buffers, or of memory outside the plan.
struct Value {
  Layout layout;
  float scale = 1;  // value / stored; 1 unless integers are stored
  int buffer = -1;
  std::size_t offset = 0;        // bytes from the start of the buffer
  std::byte* outside = nullptr;  // instead of a buffer
};

// The values that a primitive reads and writes, by oneDNN's argument numbers.
struct Operands {
  std::vector<std::pair<int, Value>> values;
  std::vector<std::pair<int, Weights>> constants;
};

class PlanBuilder {
 public:
  // The tensors in `kept` can be read from the plan until the next run.
  PlanBuilder(std::shared_ptr<EngineState> engine, const Graph& graph, std::set<std::string> kept,
              Formats formats, std::vector<NumberType> number_types);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const dnnl::engine& engine() const { return engine_->engine; }
  [[nodiscard]] const std::set<std::string>& kept() const { return kept_; }
  [[nodiscard]] const Format& format(const std::string& name) const { return formats_.at(name); }
  [[nodiscard]] NumberType number_type(std::size_t node) const {
    return node < number_types_.size() ? number_types_[node] : NumberType::f32;
  }

  void add_input(const std::string& name);                       // row-major, in the arena
  void add_input(const std::string& name, const Placed& place);  // in memory outside the plan

  // ---- Activations
  [[nodiscard]] const Value& made(const std::string& name) const;
  // The activation in the layout in which it was made, and in this type.
  [[nodiscard]] Value value(const std::string& name, DataType type = DataType::f32);
  // The activation in this layout and its type; reordered once, on the first request. Integers have the scale
  // of the activation's format.
  [[nodiscard]] Value read(const std::string& name, const Layout& layout);
  [[nodiscard]] Value read_row_major(const std::string& name);
  // Whether the node being compiled is the last reader, and nothing else shares the memory.
  [[nodiscard]] bool may_overwrite(const std::string& name) const;
  void define(const std::string& name, const Value& value);
  // The plan will offer this tensor in row-major order.
  void keep_row_major(const std::string& name);

  // ---- Memory
  [[nodiscard]] Value make(const Layout& layout, float scale = 1);
  [[nodiscard]] static Value view(const Value& whole, const Layout& layout, std::size_t offset_bytes);
  // Puts the parts into their slots: they are made there if their layouts and owners allow it, otherwise
  // copied.
  void place(const std::vector<Value>& parts, const std::vector<Value>& slots);
  [[nodiscard]] Weights constant(const Tensor& tensor, const Shape& shape, const Layout& layout);
  [[nodiscard]] Weights constant(const std::string& name, const Layout& layout);

  // ---- Steps
  void begin(const FusedNode& fused);  // the following steps belong to it
  void end();
  template <typename Primitive>
  void step(const char* kind, const typename Primitive::primitive_desc& desc, const Operands& operands) {
    step(kind, desc.impl_info_str(), Primitive(desc), desc.scratchpad_desc(), operands);
  }
  void reorder(const Value& from, const Value& to);  // types and scales may differ
  // `function` gets the values' addresses in their order.
  void step(const char* kind, const std::vector<Value>& values,
            const std::function<void(std::span<std::byte* const>)>& function);

  [[nodiscard]] Plan finish();

 private:
  struct Draft {
    StepInfo info;
    std::size_t node = 0;
    dnnl::primitive primitive;
    std::function<void(std::span<std::byte* const>)> function;
    Operands operands;
  };
  struct Activation {
    std::vector<Value> forms;  // the first is the one that was made
    std::size_t shown = 0;     // the form that the plan offers
    std::size_t readers = 0;   // nodes that still need it
    std::size_t ready = 0;
  };

  void step(const char* kind, const std::string& implementation, dnnl::primitive primitive,
            const Layout& scratchpad, Operands operands);
  void add(Draft draft, const Layout& written);
  [[nodiscard]] bool in_slot(const Value& part, const Value& slot) const;
  [[nodiscard]] bool fills_buffer(std::span<const Value> parts, std::span<const Value> slots) const;
  [[nodiscard]] bool shares_memory(const Activation& a, const Activation& b) const;
  void check_memory(std::size_t bytes) const;
  [[nodiscard]] std::byte* address(const Plan& plan, const Value& value) const;
  [[nodiscard]] Step bind(const Plan& plan, Draft draft) const;

  const std::shared_ptr<EngineState> engine_;
  const Graph& graph_;
  const std::set<std::string> kept_;
  const Formats formats_;
  const std::vector<NumberType> number_types_;  // by node
  std::map<std::string, Activation> activations_;
  Buffers buffers_;
  std::vector<Draft> drafts_;
  std::vector<Weights> weights_;
  std::size_t scratch_bytes_ = 0;
  const FusedNode* current_ = nullptr;
  bool described_ = false;  // a step of the current node carries its fused operations
};

[[nodiscard]] dnnl::primitive_attr attributes(const dnnl::post_ops& post_ops = {});

}  // namespace mainstream
