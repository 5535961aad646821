// Runs of variants, each between the variant's commands.
#pragma once

#include "ended_run.hpp"
#include "run_processes.hpp"
#include "run_setup.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/report/suite.hpp>
#include <loadsim/scenario/variants.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace loadsim::app {

/// Runs rounds of variants into folders: FOLDER/VARIANT/round-N, beside the output of the commands, round-N-command.txt ...
class variant_runner {
public:
    struct options {
        scenario_flags scenario;
        bool rehearses = false;
    };
    /// `folder` exists.
    variant_runner(options, std::filesystem::path folder, run_processes&);

    struct ended_round {
        report::suite_run run;      ///< its folder relative to that of the variant; without a code: not run
        run_messages messages{};    ///< of the run
        problems failed_commands{}; ///< a sentence each, located in the variants file
    };
    /// Executes `command` and `before`, runs the scenario, and executes `after` in any case. A run that is invalid because of the
    /// generator is repeated once. At a stop signal the command or the run ends, and what follows it but `after` is left out; only a second one ends `after`.
    ended_round run(const scenario::variant&, std::uint32_t round);

private:
    enum class command_key : std::uint8_t { command, before, after };
    /// False: it failed, or a stop signal has ended it.
    bool execute(command_key, const std::string& text, const scenario::variant&, std::uint32_t round, problems& failed);

    options options_;
    std::filesystem::path folder_;
    run_processes& processes_;
};

} // namespace loadsim::app
