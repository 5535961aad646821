// The command `run` with several ranks: this process as a rank, and as the launcher of ranks.
#pragma once

#include "run_report.hpp"
#include "run_setup.hpp"
#include "ui_flags.hpp"

#include <loadsim/verdict/verdict.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::app {

struct run_options : job_flags {
    scenario_flags scenario;
    std::string report;
    std::uint32_t shards = 0;
    std::uint32_t ranks = 0; ///< 0: one process, or started by mpirun as a rank
    std::string hostfile;
    display_flags display;
    bool json = false;
    std::uint32_t retry_invalid = 0; ///< how often an invalid run is repeated
    std::string metrics;             ///< --metrics ADDRESS
    std::string otlp;                ///< --otlp URL
    std::string baseline{};          ///< --baseline PATH; empty: none
    ui_flags ui;
};

/// What a run with these options prints and writes.
report_options report_options_of(const run_options&, const report::terminal&);

/// Environment variable with the columns of the launcher's terminal; not set: no terminal.
inline constexpr const char* terminal_columns_variable = "LOADSIM_TERMINAL_COLUMNS";

/// Environment variable of ranks, set if their launcher has made the report folder and holds its lock.
inline constexpr const char* launcher_has_folder_variable = "LOADSIM_LAUNCHER_HAS_FOLDER";

/// Environment variable with the command that started the launcher, quoted for a shell: the ranks and the runs of a suite
/// print it in their commands.
inline constexpr const char* command_name_variable = "LOADSIM_COMMAND_NAME";

/// Environment variable with the headers of exports to --otlp, as OpenTelemetry defines it.
inline constexpr const char* otlp_headers_variable = "OTEL_EXPORTER_OTLP_HEADERS";

/// Runs this process, started by mpirun, as one of several ranks.
verdict::exit_code run_as_rank(const run_options&);

/// --ranks: starts this program under mpirun, and returns the exit code of the whole run.
verdict::exit_code launch_ranks(const run_options&);

} // namespace loadsim::app
