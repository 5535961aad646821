// One run of the real program, watched from outside.
#pragma once

#include "child.hpp"
#include "comparison.hpp"
#include "course.hpp"
#include "stage.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace loadsim::bench {

/// The scenario that says the same.
std::string scenario_of(const course&);

class loadsim_run {
public:
    loadsim_run(const stage&, const course&);

    /// Waits until all are on line. Connects a second.
    double await_online();
    /// When the last of them was.
    std::chrono::steady_clock::time_point online_since() const noexcept { return online_since_; }
    pid_t pid() const noexcept { return process_.pid(); }
    /// Waits for its end. Figures of its summary.json; throws when not every request was executed.
    figures finish();

private:
    bool all_online();

    course course_;
    std::filesystem::path report_;
    child process_;
    std::chrono::steady_clock::time_point online_since_{};
};

} // namespace loadsim::bench
