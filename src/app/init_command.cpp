#include "commands.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/input.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/scenario/new_scenario.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
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
    auto* file = std::fopen(options.file.c_str(), options.force ? "w" : "wx");
    if (file == nullptr && errno == EEXIST) {
        print_problems({options.file, "exists; --force overwrites it"});
        return exit_code::usage;
    }
    int error = file == nullptr ? errno : 0;
    if (file != nullptr && std::fwrite(text.data(), 1, text.size(), file) != text.size()) error = errno;
    if (file != nullptr && std::fclose(file) != 0 && error == 0) error = errno;
    if (error != 0) {
        print_problems({options.file, fmt::format("cannot be written ({})", std::strerror(error))});
        return exit_code::setup;
    }
    print_output(fmt::format("{} is written. Next: adapt it, then\n    {} validate {}\n", options.file, command_name(),
                             shell_quote(options.file)));
    return exit_code::pass;
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
