#include <loadsim/scenario/read.hpp>

#include "schema.hpp"

namespace loadsim::scenario {

std::string write(const scenario_config& d) { return to_yaml(value_types::object<scenario_config>{}.write(d)); }

} // namespace loadsim::scenario
