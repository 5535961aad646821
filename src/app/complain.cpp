#include "complain.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <sstream>
#include <string>

namespace loadsim::app {

void complain(const problems& wrong) {
    std::istringstream lines(to_string(wrong));
    for (std::string line; std::getline(lines, line);) fmt::print(stderr, "loadsim: {}\n", line);
}

void complain_of_file(const problems& wrong) { fmt::print(stderr, "{}\n", to_string(wrong)); }

} // namespace loadsim::app
