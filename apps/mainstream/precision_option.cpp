#include "precision_option.hpp"

#include <map>

namespace mainstream {

void add_precision_option(CLI::App& command, Precision& precision) {
  std::map<std::string, Precision> names;
  for (const Precision known : {Precision::f32, Precision::bf16, Precision::int8})
    names[to_string(known)] = known;
  command
      .add_option("--precision", precision,
                  "f32, bf16 or int8 (for which a base must be calibrated: mainstream base calibrate)")
      ->transform(CLI::CheckedTransformer(names))
      ->default_str(to_string(precision));
}

}  // namespace mainstream
