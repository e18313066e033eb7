#include "infer/plan_builder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "mainstream/error.hpp"

namespace mainstream {

dnnl::primitive_attr attributes(const dnnl::post_ops& post_ops) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attr.set_post_ops(post_ops);
  return attr;
}

PlanBuilder::PlanBuilder(std::shared_ptr<EngineState> engine, const Graph& graph, std::set<std::string> kept,
                         Formats formats, std::vector<NumberType> number_types)
    : engine_(std::move(engine)),
      graph_(graph),
      kept_(std::move(kept)),
      formats_(std::move(formats)),
      number_types_(std::move(number_types)) {
  for (const Node& node : graph.nodes) {
    for (const auto& input : node.inputs) {
      if (!graph.is_constant(input)) ++activations_[input].readers;
    }
  }
}

void PlanBuilder::add_input(const std::string& name) {
  const Value value = make(row_major(graph_.shape(name)));
  buffers_.keep(value.buffer);
  define(name, value);
}

void PlanBuilder::add_input(const std::string& name, const Placed& place) {
  define(name, {.layout = place.layout, .scale = place.scale, .outside = place.data});
}

const Value& PlanBuilder::made(const std::string& name) const {
  const auto found = activations_.find(name);
  if (found == activations_.end() || found->second.forms.empty())
    throw Error(ErrorKind::untrusted, "'" + name + "' is read before any node makes it");
  return found->second.forms.front();
}

Value PlanBuilder::value(const std::string& name, DataType type) {
  return read(name, with_type(made(name).layout, type));
}

Value PlanBuilder::read(const std::string& name, const Layout& layout) {
  Value form = made(name);
  for (const Value& known : activations_.at(name).forms) {
    if (known.layout == layout) return known;
  }
  if (type_of(form.layout) == type_of(layout) && is_row_major(form.layout) && is_row_major(layout) &&
      form.layout.get_size() == layout.get_size()) {
    form = view(form, layout, 0);
  } else {
    form = make(layout, is_integer(type_of(layout)) ? format(name).scale : 1);
    reorder(made(name), form);
  }
  activations_.at(name).forms.push_back(form);
  return form;
}

Value PlanBuilder::read_row_major(const std::string& name) {
  return read(name, row_major(graph_.shape(name)));
}

bool PlanBuilder::shares_memory(const Activation& a, const Activation& b) const {
  for (const Value& x : a.forms) {
    for (const Value& y : b.forms) {
      if (x.outside == nullptr && y.outside == nullptr &&
          buffers_.place(x.buffer).root == buffers_.place(y.buffer).root)
        return true;
    }
  }
  return false;
}

bool PlanBuilder::may_overwrite(const std::string& name) const {
  const Activation& activation = activations_.at(name);
  if (activation.readers != 1 || activation.forms.empty() || activation.forms.front().outside != nullptr)
    return false;
  const auto needed = [&](const std::string& other, const Activation& state) {
    return state.readers > 0 || kept_.contains(other) ||
           std::find(graph_.inputs.begin(), graph_.inputs.end(), other) != graph_.inputs.end();
  };
  if (kept_.contains(name)) return false;
  return std::none_of(activations_.begin(), activations_.end(), [&](const auto& item) {
    const auto& [other, state] = item;
    if (!shares_memory(activation, state)) return false;
    if (other != name) return needed(other, state);
    return std::find(graph_.inputs.begin(), graph_.inputs.end(), name) != graph_.inputs.end();
  });
}

void PlanBuilder::define(const std::string& name, const Value& value) {
  Activation& activation = activations_[name];
  activation.forms = {value};
  activation.ready = drafts_.size();
  if (kept_.contains(name) && value.outside == nullptr) buffers_.keep(value.buffer);
}

void PlanBuilder::keep_row_major(const std::string& name) {
  const Value plain = read_row_major(name);
  Activation& activation = activations_.at(name);
  while (activation.forms[activation.shown].layout != plain.layout) ++activation.shown;
  if (plain.outside == nullptr) buffers_.keep(plain.buffer);
  activation.ready = drafts_.size();
}

Value PlanBuilder::make(const Layout& layout, float scale) {
  return {.layout = layout, .scale = scale, .buffer = buffers_.add(layout.get_size())};
}

Value PlanBuilder::view(const Value& whole, const Layout& layout, std::size_t offset_bytes) {
  Value part = whole;
  part.layout = layout;
  part.offset += offset_bytes;
  return part;
}

bool PlanBuilder::in_slot(const Value& part, const Value& slot) const {
  if (part.outside != nullptr || part.layout != slot.layout) return false;
  const auto place = buffers_.place(part.buffer);
  const auto target = buffers_.place(slot.buffer);
  return place.root == target.root && place.offset + part.offset == target.offset + slot.offset;
}

// Whether the first parts fill exactly one buffer, in the order and at the distances of their slots. Then the
// whole buffer can move into the slots.
bool PlanBuilder::fills_buffer(std::span<const Value> parts, std::span<const Value> slots) const {
  if (parts.front().outside != nullptr) return false;
  const int root = buffers_.place(parts.front().buffer).root;
  if (root == buffers_.place(slots.front().buffer).root) return false;
  std::size_t filled = 0;
  for (std::size_t i = 0; i < parts.size() && filled < buffers_.bytes(root); ++i) {
    if (parts[i].outside != nullptr || parts[i].layout != slots[i].layout) return false;
    const auto place = buffers_.place(parts[i].buffer);
    if (place.root != root || place.offset + parts[i].offset != filled) return false;
    if (slots[i].offset - slots.front().offset != filled) return false;
    filled += parts[i].layout.get_size();
  }
  return filled == buffers_.bytes(root);
}

void PlanBuilder::place(const std::vector<Value>& parts, const std::vector<Value>& slots) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (in_slot(parts[i], slots[i])) continue;
    if (fills_buffer(std::span(parts).subspan(i), std::span(slots).subspan(i))) {
      buffers_.put_inside(buffers_.place(parts[i].buffer).root, slots[i].buffer, slots[i].offset);
    } else {
      reorder(parts[i], slots[i]);
    }
  }
}

Weights PlanBuilder::constant(const Tensor& tensor, const Shape& shape, const Layout& layout) {
  weights_.push_back(engine_->weights.pack(tensor, shape, layout));
  return weights_.back();
}

Weights PlanBuilder::constant(const std::string& name, const Layout& layout) {
  const Tensor& tensor = graph_.constant(name);
  return constant(tensor, tensor.shape, layout);
}

void PlanBuilder::begin(const FusedNode& fused) {
  current_ = &fused;
  described_ = false;
}

void PlanBuilder::end() {
  const auto release = [&](std::size_t index) {
    for (const auto& input : graph_.nodes[index].inputs) {
      const auto found = activations_.find(input);
      if (found != activations_.end() && found->second.readers > 0) --found->second.readers;
    }
  };
  if (current_->flatten) release(*current_->flatten);
  release(current_->node);
  for (const std::size_t index : current_->epilogue) release(index);
  current_ = nullptr;
}

void PlanBuilder::add(Draft draft, const Layout& written) {
  const int step = static_cast<int>(drafts_.size());
  for (const auto& [argument, value] : draft.operands.values) {
    if (value.outside == nullptr) buffers_.use(value.buffer, step);
  }
  draft.info.layout = layout_name(written);
  draft.info.type = type_name(type_of(written));
  if (current_ != nullptr) {
    draft.node = current_->first();
    draft.info.output = graph_.nodes[current_->last()].output;
    if (draft.info.primitive != "reorder" && !std::exchange(described_, true)) {
      if (current_->flatten) draft.info.fused.push_back(op_name(graph_.nodes[*current_->flatten].op));
      draft.info.fused.push_back(op_name(graph_.nodes[current_->node].op));
      for (const std::size_t index : current_->epilogue)
        draft.info.fused.push_back(op_name(graph_.nodes[index].op));
    }
  }
  drafts_.push_back(std::move(draft));
}

void PlanBuilder::step(const char* kind, const std::string& implementation, dnnl::primitive primitive,
                       const Layout& scratchpad, Operands operands) {
  if (scratchpad.get_size() > 0) {
    operands.values.emplace_back(DNNL_ARG_SCRATCHPAD, make(scratchpad));
    scratch_bytes_ = std::max(scratch_bytes_, scratchpad.get_size());
  }
  Layout written;
  for (const auto& [argument, value] : operands.values) {
    if (argument == DNNL_ARG_DST) written = value.layout;
  }
  add({.info = {.output = {},
                .primitive = kind,
                .implementation = implementation,
                .layout = {},
                .type = {},
                .fused = {}},
       .node = 0,
       .primitive = std::move(primitive),
       .function = {},
       .operands = std::move(operands)},
      written);
}

void PlanBuilder::step(const char* kind, const std::vector<Value>& values,
                       const std::function<void(std::span<std::byte* const>)>& function) {
  Operands operands;
  for (const Value& value : values) operands.values.emplace_back(0, value);
  add({.info = {.output = {},
                .primitive = kind,
                .implementation = "plain",
                .layout = {},
                .type = {},
                .fused = {}},
       .node = 0,
       .primitive = {},
       .function = function,
       .operands = std::move(operands)},
      values.back().layout);
}

void PlanBuilder::reorder(const Value& from, const Value& to) {
  dnnl::primitive_attr attr = attributes();
  if (from.scale != to.scale) attr.set_output_scales(0, {from.scale / to.scale});
  const dnnl::reorder::primitive_desc desc(engine(), from.layout, engine(), to.layout, attr);
  step<dnnl::reorder>("reorder", desc, {{{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}, {}});
}

std::byte* PlanBuilder::address(const Plan& plan, const Value& value) const {
  if (value.outside != nullptr) return value.outside + value.offset;
  return plan.arena.get() + buffers_.offset(value.buffer) + value.offset;
}

Step PlanBuilder::bind(const Plan& plan, Draft draft) const {
  Step step{.info = std::move(draft.info),
            .node = draft.node,
            .primitive = draft.primitive,
            .memories = {},
            .arguments = {},
            .function = {}};
  if (draft.function) {
    std::vector<std::byte*> addresses;
    for (const auto& [argument, value] : draft.operands.values) addresses.push_back(address(plan, value));
    step.function = [function = draft.function, addresses] { function(addresses); };
    return step;
  }
  const auto bound = [&](int argument, const dnnl::memory& memory) {
    step.memories.push_back(memory);
    step.arguments.push_back({argument, memory.get()});
  };
  for (const auto& [argument, value] : draft.operands.values)
    bound(argument, dnnl::memory(value.layout, engine(), address(plan, value)));
  for (const auto& [argument, weights] : draft.operands.constants) bound(argument, weights->memory);
  return step;
}

// A small file can ask for more memory than any machine has, and overcommitted memory would kill the process.
void PlanBuilder::check_memory(std::size_t bytes) const {
  const auto there =
      static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (bytes <= there || graph_.nodes.empty()) return;
  const auto size = [this](const Node& node) { return element_count(graph_.shape(node.output)); };
  const Node& largest = *std::ranges::max_element(graph_.nodes, {}, size);
  throw Error(ErrorKind::unsupported,
              fmt::format("{}: node '{}' ({}): the activations need {} MiB at once, this machine has {} MiB",
                          graph_.name, largest.output, op_name(largest.op), bytes >> 20, there >> 20));
}

Plan PlanBuilder::finish() {
  Plan plan;
  plan.engine = engine_;
  plan.stream = dnnl::stream(engine());
  plan.weights = std::move(weights_);
  plan.scratch_bytes = scratch_bytes_;
  plan.arena_bytes = std::max<std::size_t>(buffers_.pack(), 64);
  check_memory(plan.arena_bytes);
  plan.arena.reset(static_cast<std::byte*>(std::aligned_alloc(64, plan.arena_bytes)));
  if (!plan.arena)
    throw Error(ErrorKind::failed,
                "cannot allocate " + std::to_string(plan.arena_bytes) + " bytes for activations");
  for (Draft& draft : drafts_) plan.steps.push_back(bind(plan, std::move(draft)));
  const auto place = [&](const std::string& name) {
    const Activation& activation = activations_.at(name);
    const Value& value = activation.forms.at(activation.shown);
    plan.tensors[name] = {value.layout, value.scale, address(plan, value), activation.ready};
  };
  for (const auto& name : graph_.inputs) place(name);
  for (const auto& name : kept_) place(name);
  return plan;
}

}  // namespace mainstream
