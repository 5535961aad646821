#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <type_traits>

namespace loadsim::app {
namespace {

CLI::Option* add_flag(CLI::App& to, const flag& f) {
    return std::visit(
        [&](auto* into) -> CLI::Option* {
            using type = std::remove_pointer_t<decltype(into)>;
            if constexpr (std::is_same_v<type, bool>)
                return to.add_flag(f.name, *into, f.help);
            else if constexpr (std::is_same_v<type, std::vector<std::string>>) {
                auto* option = to.add_option(f.name, *into, f.help);
                if (f.name.starts_with('-')) option->allow_extra_args(false); // one value per occurrence of the flag
                return option;
            } else
                return to.add_option(f.name, *into, f.help);
        },
        f.into);
}

void add_flags(CLI::App& to, const command& c) {
    std::map<std::string, CLI::Option*> by_name;
    std::map<std::string, CLI::Option_group*> groups;
    for (const auto& f : c.flags) {
        CLI::App* parent = &to;
        if (!f.group.empty()) {
            auto& group = groups[f.group];
            if (group == nullptr) {
                group = to.add_option_group("which", f.group);
                group->require_option(c.needs_one_of_group ? 1 : 0, 1);
            }
            parent = group;
        }
        auto* option = add_flag(*parent, f);
        if (f.required) option->required();
        if (f.shows_default) option->capture_default_str();
        if (f.limits) option->check(CLI::Range(f.limits->from, f.limits->to));
        if (!f.one_of.empty()) option->check(CLI::IsMember(f.one_of));
        if (f.existing_file) option->check(CLI::ExistingFile);
        if (!f.needs.empty()) option->needs(by_name.at(f.needs));
        by_name[f.name] = option;
    }
}

void add_command(CLI::App& to, const command& c, exit_code& code) {
    auto* added = to.add_subcommand(c.name, c.description);
    add_flags(*added, c);
    added->footer(c.footer);
    for (const auto& sub : c.subcommands) add_command(*added, sub, code);
    if (!c.subcommands.empty()) added->require_subcommand(1);
    if (c.run) added->callback([&run = c.run, &code] { code = run(); });
}

} // namespace

exit_code parse_and_run(const std::vector<command>& commands, int argc, const char* const* argv) {
    CLI::App app{"Simulates a fleet of connected cars and load-tests the platform behind them.", "loadsim"};
    app.set_version_flag("--version", "loadsim " LOADSIM_VERSION);
    app.require_subcommand(1);
    app.footer("Exit codes: 0 pass, 1 internal error, 2 bad usage or scenario, 3 target or set-up failed,\n"
               "4 run invalid, 5 a budget had no data, 99 a budget was missed\n"
               "or a replay had another outcome, 130 after Ctrl-C.");
    exit_code code = exit_code::pass;
    for (const auto& c : commands) add_command(app, c, code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked_for = error.get_exit_code() == 0; // --help, --version
        app.exit(error);
        return asked_for ? exit_code::pass : exit_code::usage;
    } catch (const std::exception& bug) {
        fmt::print(stderr, "loadsim: internal error: {}\n", bug.what());
        return exit_code::internal_error;
    }
    return code;
}

void print_problems(const problems& errors) {
    std::istringstream lines(to_string(errors));
    for (std::string line; std::getline(lines, line);) fmt::print(stderr, "loadsim: {}\n", line);
}

void print_file_problems(const problems& errors) { fmt::print(stderr, "{}\n", to_string(errors)); }

} // namespace loadsim::app
