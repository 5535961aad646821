// A vehicle at work on one command.
#pragma once

#include "body.hpp"

#include <loadsim/contract/terms.hpp>
#include <loadsim/vehicle/script.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace loadsim::fleet {

/// Takes a script's actions one after the other, one timer at a time. Owned by its `body`, which it tells when it is through.
class activity final : public net::timer {
public:
    activity(body& owner, vehicle_id who, vehicle::script what)
        : vehicle(who), owner_(owner), script_(std::move(what)) {}

    /// Takes the actions that are due; ends or arms itself for the next.
    void go_on(monotonic_time now);

    const vehicle_id vehicle;
    std::string request;
    contract::terms::order command; ///< what else it says
    std::string response_topic;     ///< that it asks for; empty: none
    std::string correlation;        ///< MQTT 5.0: handed back as it came
    std::size_t place = 0;          ///< in the owner's list

private:
    void on_timer(monotonic_time now) override { go_on(now); }
    bool executes_by_itself() const;

    body& owner_;
    vehicle::script script_;
    std::size_t next_ = 0;
    bool executed_ = false;
    bool coming_back_ = false;
};

} // namespace loadsim::fleet
