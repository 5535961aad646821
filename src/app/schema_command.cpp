#include "commands.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/scenario/read.hpp>
#include <loadsim/scenario/variants.hpp>

#include <memory>

namespace loadsim::app {

command schema_command() {
    struct schema_options {
        bool reference = false;
        bool variants = false;
    };
    auto options = std::make_shared<schema_options>();
    return {.name = "schema",
            .description = "Prints the JSON Schema of scenarios, for editors",
            .flags = {{.name = "--reference",
                       .into = &options->reference,
                       .help = "Every key as a Markdown page: docs/scenario-reference.md"},
                      {.name = "--variants",
                       .into = &options->variants,
                       .help = "The JSON Schema of the variants file of `tune`",
                       .excludes = "--reference"}},
            .run = [options] {
                print_without_masking(options->reference  ? scenario::schema_reference()
                                      : options->variants ? scenario::variants_schema() + '\n'
                                                          : scenario::schema() + '\n');
                return exit_code::pass;
            }};
}

} // namespace loadsim::app
