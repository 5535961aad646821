#include "commands.hpp"
#include "scenario_file.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/scenario/new_scenario.hpp>

#include <memory>
#include <string>

namespace loadsim::app {
namespace {

struct init_options {
    std::string file = "scenario.yaml";
    std::string openapi;
    std::string operation;
    bool force = false;
};

exit_code write_scenario(const init_options& options, const std::string& text) {
    const auto done = write_text_file(options.file, text, options.force);
    if (done == exit_code::pass) print_next_step(options.file);
    return done;
}

exit_code init(const init_options& options) {
    if (options.openapi.empty()) return write_scenario(options, scenario::new_scenario());
    auto made = read_file(options.openapi, scenario::openapi_size_limit);
    if (made) made = scenario::new_scenario_from_openapi(*made, options.openapi, options.operation);
    if (made) return write_scenario(options, *made);
    print_file_problems(made.error());
    return exit_code::usage;
}

} // namespace

command init_command() {
    auto options = std::make_shared<init_options>();
    return {
        .name = "init",
        .description = "Writes a commented scenario for a platform of your own, without questions",
        .flags = {{.name = "file", .into = &options->file, .help = "File to write", .shows_default = true},
                  {.name = "--openapi",
                   .into = &options->openapi,
                   .help = "OpenAPI 3.0 or 3.1 document of the platform's API (YAML or JSON): fills in URL, "
                           "credentials, request and response"},
                  {.name = "--operation",
                   .into = &options->operation,
                   .help = "Its operationId, or 'POST /path' (default: what looks most like a command to a vehicle)",
                   .needs = "--openapi"},
                  {.name = "--force", .into = &options->force, .help = "Overwrites the file"}},
        .run = [options] { return init(*options); }};
}

} // namespace loadsim::app
