// Shard-local observers: polling, the API's response, and vehicle completion.
#pragma once

#include "run_plan.hpp"

#include <loadsim/contract/event_mapping.hpp>
#include <loadsim/driver/authenticator.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observer/poll_observer.hpp>
#include <loadsim/observer/request_correlator.hpp>
#include <loadsim/observer/vehicle_completion_observer.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::run {

/// Adds an observer's counts to the totals of a run. Completions are left out: the ledger counts them.
void add_observer_counts(const observer::counts&, std::uint32_t index, measure::totals& into);

/// The observer kinds poll, response and none of one shard; also registers accepted requests with the request
/// correlator.
/// Threads: the loop's.
class shard_observers {
public:
    struct dependencies {
        const http::client_options& api; ///< for this shard's poll observers
        std::shared_ptr<driver::authenticator> auth;
        observer::request_correlator* correlator = nullptr; ///< null: every completion event carries its VIN
    };
    /// Arguments passed by reference must outlive the object. `on_completion`: called for each observed completion.
    shard_observers(net::loop&, const run_plan&, const dependencies&, observer::on_vehicle_completion on_completion);

    std::string start(); ///< returns an error sentence; empty: started
    void stop();

    void on_accepted(vehicle_id, arrival_id, std::string_view request, std::uint32_t service, monotonic_time);
    /// The open request of the vehicle, accepted without an id, has this one.
    void on_identified(vehicle_id, std::string_view request);
    /// HTTP response to the request accepted last.
    void on_api_response(vehicle_id, const http::response_view&, monotonic_time);
    void on_finished(vehicle_id, std::string_view request, outcome, std::string_view code, monotonic_time);
    /// Stops polling for requests accepted at or before `before`, and lets the correlator release them.
    void expire(monotonic_time before, monotonic_time now);
    void take_counts(measure::totals& into);

private:
    struct poll {
        std::unique_ptr<observer::poll_observer> observer;
        std::uint32_t index;
    };
    struct response {
        contract::event_mapping mapping;
        contract::field_match_stats match_stats;
        observer::counts counts;
        std::uint32_t index;
    };
    struct tracked_request {
        monotonic_time accepted;
        std::string request;
    };

    net::loop& loop_;
    const run_plan& plan_;
    http::client_options api_;
    std::shared_ptr<driver::authenticator> auth_;
    observer::request_correlator* correlator_;
    observer::on_vehicle_completion on_completion_;
    std::vector<poll> polls_;
    std::vector<response> responses_;
    std::vector<std::unique_ptr<observer::vehicle_completion_observer>> completion_observers_;
    std::deque<tracked_request> tracked_requests_;
    std::string last_accepted_;
    std::vector<std::string> parameters_; ///< of the request accepted last; reused
};

} // namespace loadsim::run
