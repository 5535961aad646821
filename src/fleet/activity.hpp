// A vehicle at work on one command.
#pragma once

#include <loadsim/base/draw.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <string>

namespace loadsim::fleet {

/// Walks a behaviour's steps, one timer at a time. Owned by `vehicles`, which it tells when it is through.
class activity final : public net::timer {
public:
    activity(vehicles& owner, vehicle_id who, const vehicle::behaviour& what, draws choices)
        : owner_(owner), vehicle(who), behaviour_(what), draws_(choices) {}

    /// Takes the steps that are due; ends or arms itself for the next.
    void go_on(monotonic_time now);

private:
    friend class vehicles;
    void on_timer(monotonic_time now) override { go_on(now); }

    vehicles& owner_;

public:
    const vehicle_id vehicle;
    std::string request;
    std::string response_topic; ///< where the answers go
    std::string correlation;    ///< MQTT 5.0: handed back as it came

private:
    const vehicle::behaviour& behaviour_;
    draws draws_;
    std::size_t step_ = 0;
    std::size_t place_ = 0; ///< in the owner's list
};

} // namespace loadsim::fleet
