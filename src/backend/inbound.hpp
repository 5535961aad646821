// Inbound: vehicles' answers become changes of state, and whatever must change nothing is counted.
#pragma once

#include "processing.hpp"

#include <loadsim/backend/figures.hpp>
#include <loadsim/contract/payloads.hpp>

#include <string_view>

namespace loadsim::backend {

class inbound {
public:
    inbound(processing& p, request_table& requests, const time_source& time)
        : processing_(p), requests_(requests), time_(time) {}

    /// A message on the response topic.
    void receive(std::string_view topic, std::string_view payload);
    const inbound_figures& counted() const { return figures_; }

private:
    void apply(request&, const contract::response&);

    processing& processing_;
    request_table& requests_;
    const time_source& time_;
    inbound_figures figures_;
};

} // namespace loadsim::backend
