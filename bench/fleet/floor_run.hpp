// One run of the floor client, watched from outside. Looks like loadsim_run on purpose.
#pragma once

#include "child.hpp"
#include "comparison.hpp"
#include "course.hpp"
#include "stage.hpp"

#include <chrono>
#include <cstdint>

namespace loadsim::bench {

/// Connects under way at once, of all contenders: loadsim's own limit.
inline constexpr std::uint32_t connects_at_once = 100;

class floor_run {
public:
    floor_run(const stage&, const course&);

    /// Waits until all are on line. Connects a second.
    double await_online();
    /// When the last of them was.
    std::chrono::steady_clock::time_point online_since() const noexcept { return online_since_; }
    pid_t pid() const noexcept { return process_.pid(); }
    /// Waits for its end. Its figures, named as loadsim_run's; throws when a session or an answer was lost.
    figures finish();

private:
    course course_;
    child process_;
    std::chrono::steady_clock::time_point online_since_{};
};

} // namespace loadsim::bench
