// What the platform's requests to the broker's API get, and what becomes of them: no socket, no clock.
#pragma once

#include "badness_plan.hpp"
#include "command_path.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/http/server.hpp>

#include <cstdint>
#include <string_view>

namespace loadsim::fleet {

/// Threads: one at a time.
class front_desk {
public:
    /// `options` that check() finds usable.
    front_desk(const broker_api_options&, std::uint64_t seed);

    void tell(broker_api::handlers h) { tell_ = std::move(h); }
    /// `since`: the load's start; negative: it has not begun.
    http::reply answer(const http::incoming&, nanoseconds since);

    broker_api_counts counted; ///< to be taken by anybody

private:
    http::reply take_command(const http::incoming&, std::string_view vin, nanoseconds since);
    http::reply set_behaviour(const http::incoming&, std::string_view vin);
    http::reply refuse(unsigned status, std::string_view why, std::string_view detail);
    std::string vin_in(const http::incoming&) const;

    const broker_api_options options_;
    const command_path path_;
    const command_path behaviour_path_{"/vehicles/{vin}/behaviour"};
    const contract::source vin_;
    badness_plan bad_;
    broker_api::handlers tell_;
};

} // namespace loadsim::fleet
