// Command line as data: commands, their flags and the destinations of the values; and printing of problems.
// Only command_line.cpp includes CLI11, which takes seconds to compile.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace loadsim::app {

using verdict::exit_code;

/// One flag or positional argument of a command.
struct flag {
    /// Destination of the value. Must outlive the parsing; usually owned by the command's `run`.
    using value = std::variant<bool*, std::string*, std::uint32_t*, std::size_t*, std::optional<std::string>*,
                               std::optional<std::uint32_t>*, std::optional<std::uint64_t>*, std::vector<std::string>*>;
    struct range {
        std::uint32_t from = 0;
        std::uint32_t to = 0;
    };

    std::string name; ///< "--set"; without dashes: a positional argument
    app::flag::value into;
    std::string help;
    bool required = false;
    bool shows_default = false;        ///< help shows the value that `into` has before parsing
    bool existing_file = false;        ///< the value names a file that exists
    bool names_scenario = false;       ///< the value is a scenario: a file, or the name of a shipped one
    std::optional<range> limits{};     ///< inclusive limits of a number
    std::vector<std::string> one_of{}; ///< allowed values; empty: any
    std::string needs{};               ///< name of a flag that this one requires
    std::string excludes{};            ///< name of an earlier flag that cannot be given with this one
    std::string group{};               ///< flags of one command with the same group exclude each other
};

struct command {
    std::string name;
    std::string description;
    std::vector<app::flag> flags{};
    std::function<exit_code()> run{}; ///< empty for a command with subcommands
    std::string footer{};             ///< last lines of the help
    bool needs_one_of_group = false;  ///< one flag of the group is required
    std::vector<command> subcommands{};
};

/// Parses the arguments and runs the command they name. Prints argument errors on standard error. A command that passes has exit
/// code 3 if standard output could not be written; a pipe without a reader is no error.
exit_code parse_and_run(const std::vector<command>&, int argc, const char* const* argv);

/// Prints each problem on its own line on standard error, with the program's name in front.
void print_problems(const problems&);
/// Prints problems of a file as compilers do: file:line:column first, so that editors can jump there.
void print_file_problems(const problems&);

} // namespace loadsim::app
