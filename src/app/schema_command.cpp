#include "commands.hpp"

#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <cstdio>

namespace loadsim::app {

command schema_command() {
    return {.name = "schema", .description = "Prints the JSON Schema of scenarios, for editors", .run = [] {
                fmt::print("{}\n", scenario::schema());
                return exit_code::pass;
            }};
}

} // namespace loadsim::app
