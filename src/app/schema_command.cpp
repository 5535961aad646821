#include "commands.hpp"

#include <loadsim/scenario/read.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace loadsim::app {

void set_up_schema(CLI::App& app, exit_code&) {
    app.add_subcommand("schema", "Prints the JSON Schema of scenarios, for editors")->callback([] {
        fmt::print("{}\n", scenario::schema());
    });
}

} // namespace loadsim::app
