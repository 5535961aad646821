#include "command_line.hpp"

#include "command_table.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/base/secrets.hpp>
#include <loadsim/base/spelling.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
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

/// An unset variable of a script must not mean the default. Part of a message; empty: none.
std::string reason_to_refuse_text(const std::string& text) {
    return text.empty() ? "is empty; give it a value, or leave it out" : "";
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
        if (value_kind_of(f) == value_kind::file_or_text) option->check(reason_to_refuse_text);
        if (!f.needs.empty()) option->needs(by_name.at(f.needs));
        if (!f.excludes.empty()) option->excludes(by_name.at(f.excludes));
        by_name[f.name] = option;
    }
}

/// The code; that of a failure, and a sentence, if the output could not be written.
exit_code checked_output(exit_code code) {
    const auto lost = lost_output();
    if (lost.empty()) return code;
    print_problems({"", lost});
    return code == exit_code::pass ? exit_code::setup : code;
}

void add_command(CLI::App& to, const command& c, exit_code& code) {
    auto* added = to.add_subcommand(c.name, c.description);
    add_flags(*added, c);
    added->footer(c.footer);
    for (const auto& sub : c.subcommands) add_command(*added, sub, code);
    if (!c.subcommands.empty()) added->require_subcommand(1);
    if (c.run) added->callback([&c, &code] { code = checked_output(c.run()); });
}

/// Sentence about the first argument that is neither a command nor an option of it; empty: all are known.
std::string unknown_argument(const std::vector<command>& commands, std::span<const char* const> arguments) {
    const auto* level = &commands;
    std::vector<std::string_view> options{"--help", "--version", "-h"};
    for (const std::string_view argument : arguments) {
        if (argument == "--") break;
        if (argument.starts_with('-') && argument.size() > 1 && (argument[1] < '0' || argument[1] > '9')) {
            const auto name = argument.substr(0, argument.find('='));
            if (std::ranges::count(options, name) == 0) return unknown_name("option", name, options);
        } else if (!level->empty() && !argument.starts_with('-')) {
            const auto found = std::ranges::find(*level, argument, &command::name);
            if (found == level->end()) {
                std::vector<std::string_view> names;
                for (const auto& c : *level) names.emplace_back(c.name);
                return unknown_name("command", argument, names);
            }
            level = &found->subcommands;
            options = {"--help", "-h"};
            for (const auto& f : found->flags)
                if (f.name.starts_with('-')) options.emplace_back(f.name);
        }
    }
    return {};
}

std::string program_footer() {
    std::string text = "Examples:\n";
    for (const auto& [purpose, example] : usage_examples) text += fmt::format("  {}\n      {}\n", purpose, example);
    text += "Exit codes:\n";
    for (const auto& [code, meaning] : exit_code_meanings)
        text += fmt::format("  {:<4} {}\n", static_cast<int>(code), meaning);
    text.pop_back();
    return text;
}

} // namespace

exit_code parse_and_run(const std::vector<command>& commands, int argc, const char* const* argv) {
    CLI::App app{std::string(program_description), "loadsim"};
    app.set_version_flag("--version", "loadsim " LOADSIM_VERSION);
    app.require_subcommand(1);
    app.footer(program_footer());
    exit_code code = exit_code::pass;
    for (const auto& c : commands) add_command(app, c, code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream err;
        const bool asked_for = app.exit(error, out, err) == 0; // --help, --version
        print_output(out.str());
        if (asked_for) return checked_output(exit_code::pass);
        const auto unknown = argc > 1 ? unknown_argument(commands, {argv + 1, argv + argc}) : std::string{};
        print_error(unknown.empty() ? err.str() : fmt::format("{}\nRun with --help for more information.\n", unknown));
        return exit_code::usage;
    } catch (const std::exception& bug) {
        print_error(fmt::format("loadsim: internal error: {}\n", bug.what()));
        return exit_code::internal_error;
    }
    return code;
}

void print_problems(const problems& errors) {
    std::istringstream lines(mask_secrets(to_string(errors))); // before a secret with line breaks is split
    for (std::string line; std::getline(lines, line);) print_error("loadsim: " + line + '\n');
}

void print_file_problems(const problems& errors) { print_error(to_string(errors) + '\n'); }

} // namespace loadsim::app
