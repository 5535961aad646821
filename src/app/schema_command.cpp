#include "commands.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/scenario/read.hpp>

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
                print_without_masking(*reference ? scenario::schema_reference() : scenario::schema() + '\n');
                return exit_code::pass;
            }};
}

} // namespace loadsim::app
