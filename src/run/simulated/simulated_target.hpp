// Simulated target of a rehearsal: platform and driver in one, without a network.
#pragma once

#include "run_plan.hpp"

#include <loadsim/backend/simulated_backend.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/driver/driver.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace loadsim::run {

/// Driver and target in one object. Accepts requests at once: no network delay, no connection limit.
/// Threads: one.
class simulated_target : public driver::driver {
public:
    /// Handles a message from the broker.
    virtual void receive(std::string_view topic, std::string_view payload) = 0;
    /// Runs all actions that are due; may publish.
    virtual void run() = 0;
    virtual monotonic_time next_due() const = 0;
    /// The broker has closed its connections (true) or is available again (false).
    virtual void set_broker_down(bool down) = 0;

    void start(std::function<void(std::string)> ready) override { ready({}); }
    void stop() override {}
};

/// The embedded backend's core, called as over HTTP; with the mqtt driver, the broker alone.
/// All arguments must outlive the target; the callbacks of `io` are called from inside run().
std::unique_ptr<simulated_target> make_simulated_target(const run_plan&, const time_source&,
                                                        std::int64_t ms_since_epoch, driver::driver_events&,
                                                        backend::simulated_io io);

} // namespace loadsim::run
