// How a command says what is wrong.
#pragma once

#include <loadsim/base/result.hpp>

namespace loadsim::app {

/// Every problem on a line of standard error, with our name before it.
void complain(const problems&);
/// The same for a file's problems: the place comes first, as compilers do it, and editors jump to file:line:column.
void complain_of_file(const problems&);

} // namespace loadsim::app
