#include "sample_commands.hpp"

namespace loadsim::app {

std::vector<command> sample_commands() {
    static std::string file, report, colour, shell;
    static std::vector<std::string> overrides;
    static std::optional<std::uint32_t> shards;
    static bool quiet = false;
    const auto run = [] { return exit_code::pass; };
    return {{.name = "run",
             .description = "Runs a scenario, and doesn't stop",
             .flags = {{.name = "scenario",
                        .into = &file,
                        .help = "Scenario file (YAML)",
                        .required = true,
                        .names_scenario = true},
                       {.name = "--set", .into = &overrides, .help = ".a 'PATH=VALUE' with a \\"},
                       {.name = "--report", .into = &report, .help = "Folder for the report"},
                       {.name = "--shards", .into = &shards, .help = "Threads", .limits = flag::range{1, 256}},
                       {.name = "--color", .into = &colour, .help = "Colours", .one_of = {"auto", "never"}},
                       {.name = "--quiet", .into = &quiet, .help = "Nothing"}},
             .run = run,
             .footer = "Exit codes: 0 or 99;\nelse 4."},
            {.name = "show",
             .description = "Prints something",
             .subcommands = {{.name = "plan", .description = "Prints the plan", .run = run}}},
            {.name = "completion",
             .description = "Prints a script",
             .flags = {{.name = "shell",
                        .into = &shell,
                        .help = "The shell",
                        .required = true,
                        .one_of = {"bash", "zsh", "fish"}}},
             .run = run}};
}

} // namespace loadsim::app
