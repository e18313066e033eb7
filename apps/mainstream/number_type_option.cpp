#include "number_type_option.hpp"

#include <map>

namespace mainstream {

void add_number_type_option(CLI::App& command, NumberType& number_type) {
  std::map<std::string, NumberType> names;
  for (const NumberType known : {NumberType::f32, NumberType::bf16, NumberType::int8})
    names[to_string(known)] = known;
  command
      .add_option("--number-type", number_type,
                  "f32, bf16 or int8; int8 needs a calibrated base (mainstream base calibrate)")
      ->transform(CLI::CheckedTransformer(names))
      ->default_str(to_string(number_type));
  command
      .add_option("--precision", number_type)  // the option's former name
      ->transform(CLI::CheckedTransformer(names))
      ->group("");
}

}  // namespace mainstream
