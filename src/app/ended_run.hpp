// How a run in a process of its own has ended.
#pragma once

#include "run_processes.hpp"

#include <loadsim/report/suite.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace loadsim::app {

/// What the process of a run has printed on standard error, without the reasons of the verdict.
struct run_messages {
    std::string errors{};
    std::string warnings{};
};

/// Fills in how the run has ended, whose report is in `suite_folder` / run.name or in the folder of its last repetition.
run_messages take_result(const run_processes::ended_process&, const std::filesystem::path& suite_folder,
                         std::uint32_t max_retries, report::suite_run&);

} // namespace loadsim::app
