#include "commands.hpp"

#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace loadsim::app {

command schema_command() {
    auto reference = std::make_shared<bool>(false);
    return {.name = "schema",
            .description = "Prints the JSON Schema of scenarios, for editors",
            .flags = {{.name = "--reference",
                       .into = reference.get(),
                       .help = "Every key as a Markdown page: docs/scenario-reference.md"}},
            .run = [reference] {
                if (*reference)
                    fmt::print("{}", scenario::schema_reference());
                else
                    fmt::print("{}\n", scenario::schema());
                return exit_code::pass;
            }};
}

} // namespace loadsim::app
