// Inbound: applies vehicle responses to request states; counts those that change nothing.
#pragma once

#include "processing.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/default_protocol.hpp>

#include <string_view>

namespace loadsim::backend {

class inbound {
public:
    inbound(processing& p, request_table& requests, const time_source& time)
        : processing_(p), requests_(requests), time_(time) {}

    /// Message on the response topic.
    void receive(std::string_view topic, std::string_view payload);
    const inbound_counts& counts() const { return counts_; }

private:
    void apply(request&, const response&);

    processing& processing_;
    request_table& requests_;
    const time_source& time_;
    inbound_counts counts_;
};

} // namespace loadsim::backend
