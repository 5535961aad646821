#include "commands.hpp"
#include "scenario_file.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/scenario/import_artillery.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace loadsim::app {
namespace {

namespace fs = std::filesystem;

struct import_options {
    std::string file;
    std::string out;
    std::string environment;
    bool force = false;
};

std::optional<std::string> environment_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// The vehicles' lines are beside the scenario: my.yaml and my.csv.
fs::path data_file_of(const std::string& out) { return fs::path(out).replace_extension(".csv"); }

exit_code write_imported(const import_options& options, const scenario::imported_scenario& made) {
    if (options.out.empty()) {
        print_without_masking(made.text);
        return exit_code::pass;
    }
    // The scenario last: without its data it would be refused.
    if (!made.data.empty()) {
        const auto done = write_text_file(data_file_of(options.out).string(), made.data, options.force);
        if (done != exit_code::pass) return done;
    }
    const auto done = write_text_file(options.out, made.text, options.force);
    if (done == exit_code::pass) print_next_step(options.out);
    return done;
}

exit_code import_artillery(const import_options& options) {
    const auto folder = fs::path(options.file).parent_path();
    const scenario::artillery_options wanted{
        .file = options.file,
        .environment = options.environment,
        .data_file = options.out.empty() ? "" : data_file_of(options.out).filename().string(),
        .read_payload =
            [&folder](const std::string& path) {
                return read_file((folder / path).string(), scenario::artillery_payload_limit);
            },
        .variable = environment_variable};
    const auto script = read_file(options.file, scenario::artillery_size_limit);
    const auto made = script ? scenario::import_artillery(*script, wanted) : script.error();
    if (!made) {
        print_file_problems(made.error());
        return exit_code::usage;
    }
    const auto done = write_imported(options, *made);
    problems notes;
    for (const auto& note : made->notes) notes.add(fmt::format("{}:{}", options.file, note.line), note.text);
    if (done == exit_code::pass && !notes.empty()) print_file_problems(notes);
    return done;
}

command artillery_command() {
    auto options = std::make_shared<import_options>();
    return {
        .name = "artillery",
        .description =
            "Makes a scenario of a script of Artillery: phases, variables, payloads, HTTP requests, checks and "
            "environments; lists on standard error what it leaves out, with the line",
        .flags =
            {{.name = "file", .into = &options->file, .help = "Script, in YAML or JSON", .required = true},
             {.name = "--out",
              .into = &options->out,
              .help = "Scenario to write, with a .csv file beside it if the script has a payload (default: prints it)"},
             {.name = "--environment",
              .into = &options->environment,
              .help = "One of config.environments, merged into the scenario (default: all become its `environments`)"},
             {.name = "--force", .into = &options->force, .help = "Overwrites the files", .needs = "--out"}},
        .run = [options] { return import_artillery(*options); }};
}

} // namespace

command import_command() {
    return {.name = "import",
            .description = "Makes a scenario of a load test of another tool",
            .subcommands = {artillery_command()}};
}

} // namespace loadsim::app
