#include "infer/compile.hpp"

#include <fmt/format.h>

#include "infer/formats.hpp"
#include "infer/operations.hpp"
#include "infer/threads.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

void compile_node(PlanBuilder& builder, const FusedNode& fused) {
  const Graph& graph = builder.graph();
  const Node& node = graph.nodes[fused.node];
  const auto fail = [&](ErrorKind kind, const std::string& reason) {
    throw Error(kind,
                fmt::format("{}: node '{}' ({}): {}", graph.name, node.output, op_name(node.op), reason));
  };
  try {
    std::visit([&](const auto& op) { compile_op(builder, fused, op); }, node.op);
  } catch (const Error& error) {
    fail(error.kind(), error.what());
  } catch (const dnnl::error& error) {
    fail(ErrorKind::unsupported, fmt::format("oneDNN cannot run it with these shapes: {}", error.what()));
  }
}

void check_number_types(const CompileRequest& request) {
  for (const NumberType number_type : request.number_types) {
    if (!processor_has(number_type))
      throw Error(
          ErrorKind::unsupported,
          fmt::format(
              "{}: this processor does not compute in {}; use {}", request.graph.name, to_string(number_type),
              processor_has(NumberType::bf16) && number_type != NumberType::bf16 ? "bf16 or f32" : "f32"));
  }
}

}  // namespace

Plan compile(const std::shared_ptr<EngineState>& engine, const CompileRequest& request) {
  check_number_types(request);
  const ThreadScope scope(engine->threads);
  const Graph& graph = request.graph;
  std::set<std::string> kept(request.kept.begin(), request.kept.end());
  std::set<std::string> outputs(request.outputs.begin(), request.outputs.end());
  kept.insert(outputs.begin(), outputs.end());

  const std::vector<FusedNode> fused_nodes = fuse(graph, kept);
  PlanBuilder builder(engine, graph, kept,
                      choose_formats({.graph = graph,
                                      .fused = fused_nodes,
                                      .number_types = request.number_types,
                                      .ranges = request.ranges,
                                      .outside = request.outside,
                                      .outputs = outputs}),
                      request.number_types);
  for (const auto& input : graph.inputs) {
    const auto outside = request.outside.find(input);
    outside == request.outside.end() ? builder.add_input(input) : builder.add_input(input, outside->second);
    if (outputs.contains(input)) builder.keep_row_major(input);
  }
  for (const FusedNode& fused : fused_nodes) {
    const std::string& output = graph.nodes[fused.last()].output;
    builder.begin(fused);
    compile_node(builder, fused);
    if (outputs.contains(output)) builder.keep_row_major(output);
    builder.end();
  }
  return builder.finish();
}

}  // namespace mainstream
