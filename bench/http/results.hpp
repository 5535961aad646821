// The tables that http_bench writes.
#pragma once

#include "comparison.hpp"
#include "machine.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::bench {

struct open_loop_run {
    unsigned connections = 0;
    unsigned rate = 0; ///< asked, requests a second
    open_loop_sample seen;
    double cpu_share() const { return seen.all.cpu_s / seen.all.seconds; } ///< of one core
};

struct results {
    machine on;
    std::string wrk_version;
    unsigned pairs = 0;
    unsigned seconds = 0; ///< of each run
    std::vector<comparison> closed;
    open_loop_run open;
    bool meets_bars() const;
};

std::string markdown(const results&);
std::string json_text(const results&);
/// http.md and http.json. Errors: std::runtime_error when they cannot be written.
void write(const results&, const std::filesystem::path& folder);

} // namespace loadsim::bench
