// Views of the command table for what is generated from it: completion scripts and the manual page.
#pragma once

#include "command_line.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::app {

struct placed_command {
    std::string path; ///< names joined by `separator`: "show/plan"
    const command* definition;
};
/// All commands, each before its subcommands. The table must outlive the result.
std::vector<placed_command> all_commands(const std::vector<command>&, char separator);

enum class value_kind : std::uint8_t { none, choice, scenario_key, number, file_or_text };
value_kind value_kind_of(const flag&);
inline bool is_positional(const flag& f) { return !f.name.starts_with('-'); }

inline constexpr std::string_view program_description =
    "Simulates a fleet of connected cars and load-tests the platform behind them.";

struct exit_code_meaning {
    exit_code code;
    std::string_view meaning;
};
inline constexpr exit_code_meaning exit_code_meanings[] = {
    {exit_code::pass, "pass"},
    {exit_code::internal_error, "internal error"},
    {exit_code::usage, "bad usage or scenario"},
    {exit_code::setup, "target or set-up failed"},
    {exit_code::invalid, "run invalid, or a budget undecided"},
    {exit_code::no_data, "a budget had no data, or a comparison too few samples"},
    {exit_code::missed, "a budget was missed, a replay had another outcome, or a comparison found a worse run"},
    {exit_code::interrupted, "after Ctrl-C"},
};

struct usage_example {
    std::string_view purpose;
    std::string_view command;
};
/// One for each kind of user: an engineer at a terminal, a CI job, a QA engineer.
inline constexpr usage_example usage_examples[] = {
    {"Is the platform up to it? At a terminal, with another rate:",
     "loadsim run scenario.yaml --set 'load.phases[0].arrivalRate=500'"},
    {"In a CI job, which passes or fails by the exit code:", "loadsim run scenario.yaml --quiet --report out"},
    {"How did one strange request come about?", "loadsim explain reports/RUN --request ID"},
};

} // namespace loadsim::app
