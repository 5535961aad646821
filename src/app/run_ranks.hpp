// `run` as one of several ranks, and as the one who starts them.
#pragma once

#include "scenario_file.hpp"

#include <loadsim/verdict/conclusion.hpp>

#include <cstdint>
#include <string>

namespace loadsim::app {

struct run_options {
    scenario_flags scenario;
    std::string report;
    std::uint32_t shards = 0;
    std::uint32_t ranks = 0; ///< 0: as we were started
    std::string hostfile;
    bool quiet = false;
};

/// How wide the terminal is that the launcher writes to; not set: it is none.
inline constexpr const char* terminal_columns_variable = "LOADSIM_TERMINAL_COLUMNS";

/// This process is a rank: a launcher started it.
verdict::exit_code run_as_rank(const run_options&);

/// --ranks: starts this program under mpirun, and says what became of it.
verdict::exit_code run_ranks(const run_options&);

} // namespace loadsim::app
