// Factor of the rate of telemetry over the time of the load.
#pragma once

#include <loadsim/base/time.hpp>

#include <vector>

namespace loadsim::telemetry {

/// Piecewise constant factor: phases of the load set it, spikes multiply it. 1 before the first step and without any.
/// Units:   time since the start of the load.
/// Threads: const, any.
class rate_factors {
public:
    /// From this instant until the next one that was set. Expects: increasing instants, before any multiply(); factor >= 0.
    void set(nanoseconds from, double factor);
    /// From `from` until before `until`.
    void multiply(nanoseconds from, nanoseconds until, double factor);

    /// Factor from an instant on, and the instant of the next step.
    struct piece {
        double factor = 1;
        nanoseconds until = nanoseconds::max();
    };
    piece at(nanoseconds since_start) const noexcept;

private:
    struct step {
        nanoseconds from{0};
        double factor = 1;
    };
    /// Index of the step that begins at the instant; inserts it if there is none.
    std::size_t split_at(nanoseconds);

    std::vector<step> steps_;
};

} // namespace loadsim::telemetry
