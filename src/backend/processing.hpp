// Event processing: changes request states and publishes each change on the event bus.
#pragma once

#include "event_bus.hpp"
#include "request.hpp"
#include "request_table.hpp"

#include <loadsim/base/time.hpp>

#include <string>

namespace loadsim::backend {

/// The only writer of states. A transition that the state order does not allow has no effect and is not published; this
/// makes late, repeated and crossing messages harmless.
class processing {
public:
    processing(request_table& requests, const time_source& time) : requests_(requests), time_(time) {}

    /// Creates a request in state created.
    const request& create_request(const vin&, std::uint16_t service);
    /// False: the request has ended, or is already in this state or a later one.
    bool transition(request&, state to, std::string reason = {});

    event_bus<state_change>& changes() { return changes_; }

private:
    void publish_change(const request&, monotonic_time at);

    request_table& requests_;
    const time_source& time_;
    event_bus<state_change> changes_;
};

} // namespace loadsim::backend
