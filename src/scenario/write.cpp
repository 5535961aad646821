#include <loadsim/scenario/read.hpp>

#include "language.hpp"

namespace loadsim::scenario {

std::string write(const document& d) { return to_yaml(kinds::object<document>{}.write(d)); }

} // namespace loadsim::scenario
