// One run of the real program, watched from outside.
#pragma once

#include "child.hpp"
#include "comparison.hpp"
#include "stage.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace loadsim::bench {

/// The scenario: a fleet of one step connects as fast as it can, stands idle, gets its commands, stands idle again.
struct course {
    std::uint32_t vehicles = 1000;
    std::uint32_t per_second = 0; ///< 0: a single command, for a scenario has to ask for something
    std::chrono::seconds idle{4}; ///< before the load
    std::chrono::seconds load{1};
    std::string vds = "SMEV0"; ///< two processes at a time need two
};

std::string scenario_of(const course&);

class loadsim_run {
public:
    loadsim_run(const stage&, const course&, const std::string& name = "loadsim");

    /// Waits until all are on line; from then on the phases' times count.
    void await_online();
    double connects_per_s() const noexcept { return connects_per_s_; }
    pid_t pid() const noexcept { return process_.pid(); }
    /// In the middle of the pauses before and after the load, when nothing else is going on.
    void sleep_until_before_load() const;
    void sleep_until_after_load() const;
    /// Waits for its end. Figures of its summary.json; throws when not every request was executed.
    figures finish();

private:
    bool load_has_begun();

    course course_;
    std::filesystem::path report_;
    child process_;
    std::chrono::steady_clock::time_point load_began_{};
    double connects_per_s_ = 0;
};

} // namespace loadsim::bench
