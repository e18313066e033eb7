// A plain second implementation of every operation, with sums in double, to compare the engine with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// All activations of the graph by name, row-major, from the inputs' values.
std::map<std::string, std::vector<float>> run_reference(const Graph& graph,
                                                        std::map<std::string, std::vector<float>> inputs);

}  // namespace mainstream
