// Results of the HTTP benchmark, and their Markdown and JSON files.
#pragma once

#include "comparison.hpp"
#include "machine.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::bench {

struct open_loop_run {
    unsigned connections = 0;
    unsigned rate = 0; ///< requested rate, requests per second
    open_loop_sample measured;
    double cpu_share() const { return measured.all.cpu_s / measured.all.seconds; } ///< of one core
};

struct results {
    machine host;
    std::string wrk_version;
    unsigned pairs = 0;
    unsigned seconds = 0; ///< of each run
    std::vector<comparison> closed;
    open_loop_run open;
    bool meets_targets() const;
};

std::string markdown(const results&);
std::string json_text(const results&);
/// http.md and http.json. Errors: std::runtime_error when they cannot be written.
void write(const results&, const std::filesystem::path& folder);

} // namespace loadsim::bench
