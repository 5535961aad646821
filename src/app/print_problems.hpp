// Printing of problems on standard error.
#pragma once

#include <loadsim/base/result.hpp>

namespace loadsim::app {

/// Prints each problem on its own line, with the program's name in front.
void print_problems(const problems&);
/// Prints problems of a file as compilers do: file:line:column first, so that editors can jump there.
void print_file_problems(const problems&);

} // namespace loadsim::app
