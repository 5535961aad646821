#include "complain.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace loadsim::app {

void complain(const problems& wrong) {
    for (const auto& p : wrong.list) fmt::print(stderr, "loadsim: {}\n", to_string(p));
}

void complain_of_file(const problems& wrong) { fmt::print(stderr, "{}\n", to_string(wrong)); }

} // namespace loadsim::app
