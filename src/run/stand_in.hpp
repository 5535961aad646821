// What a rehearsal tests against: a platform and the way into it, without a network.
#pragma once

#include "shared_plan.hpp"

#include <loadsim/backend/model.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/drive/driver.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace loadsim::run {

/// A driver that is also what it drives. Accepts at once: nothing is far away, and no connection is short.
/// Threads: one.
class stand_in : public drive::driver {
public:
    /// A message that reaches it over the broker.
    virtual void receive(std::string_view topic, std::string_view payload) = 0;
    /// Does all that is due, and publishes.
    virtual void run() = 0;
    virtual monotonic_time next_due() const = 0;
    /// The broker has closed its connections, or is back.
    virtual void broker_is(bool away) = 0;

    void start(std::function<void(std::string)> ready) override { ready({}); }
    void stop() override {}
};

/// The reference backend, asked as over HTTP; or, with the mqtt driver, nobody between that and the vehicles.
/// All of them must outlive it; `edges` are told from inside run().
std::unique_ptr<stand_in> make_stand_in(const shared_plan&, const time_source&, std::int64_t ms_since_epoch,
                                        drive::driver_events&, backend::model_edges edges);

} // namespace loadsim::run
