#include "print_problems.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <sstream>
#include <string>

namespace loadsim::app {

void print_problems(const problems& errors) {
    std::istringstream lines(to_string(errors));
    for (std::string line; std::getline(lines, line);) fmt::print(stderr, "loadsim: {}\n", line);
}

void print_file_problems(const problems& errors) { fmt::print(stderr, "{}\n", to_string(errors)); }

} // namespace loadsim::app
