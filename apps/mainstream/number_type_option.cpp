#include "number_type_option.hpp"

#include <vector>

namespace mainstream {

void add_number_type_option(Command command, NumberType& number_type) {
  const std::vector<std::string> words = {"f32", "bf16", "int8"};
  const auto read = [&number_type](const std::string& word) { number_type = *number_type_from(word); };
  command.add_custom_option("--number-type", read, "int8 needs a calibrated base (mainstream base calibrate)")
      .one_of(words)
      .show_default(to_string(number_type));
  command.add_custom_option("--precision", read, "").one_of(words).hide();  // the option's former name
}

}  // namespace mainstream
