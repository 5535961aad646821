// Event processing: where a request changes its state, and where everyone who must know hears of it.
#pragma once

#include "request.hpp"
#include "request_table.hpp"
#include "topic.hpp"

#include <loadsim/base/time.hpp>

#include <string>

namespace loadsim::backend {

/// The only writer of states. A change that the order of states does not allow changes nothing and tells nobody: that
/// is what makes late, repeated and crossing messages harmless.
class processing {
public:
    processing(request_table& requests, const time_source& time) : requests_(requests), time_(time) {}

    /// A new request, in state created.
    const request& begin(const vin&, std::uint16_t service);
    /// False: the request has ended, or is already there or further on.
    bool move(request&, state to, std::string reason = {});

    topic<change>& changes() { return changes_; }

private:
    void tell(const request&, monotonic_time at);

    request_table& requests_;
    const time_source& time_;
    topic<change> changes_;
};

} // namespace loadsim::backend
