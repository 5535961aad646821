// The observers that live in a shard: those that ask, and those that only listen to what the shard itself sees.
#pragma once

#include "shared_plan.hpp"

#include <loadsim/contract/source.hpp>
#include <loadsim/drive/auth.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observe/claims.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/last_words.hpp>
#include <loadsim/observe/poller.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::run {

/// poll, response and none, of one shard; and the claims of ends that do not say their vehicle.
/// Threads: the loop's.
class lookouts {
public:
    struct setting {
        const http::client_options& api; ///< of this shard's pollers
        std::shared_ptr<drive::door> way_in;
        observe::claims* claims = nullptr; ///< null: every end says its vehicle
    };
    /// What is handed over by reference must outlive it. `tell`: an end that one of them has seen.
    lookouts(net::loop&, const shared_plan&, const setting&, observe::on_end tell);

    std::string start(); ///< empty, or the sentence that says why not
    void stop();

    void accepted(vehicle_id, arrival_id, std::string_view request, std::string_view service, monotonic_time);
    /// Of the request that has been accepted last.
    void answered(vehicle_id, const http::answer&, monotonic_time);
    void finished(vehicle_id, std::string_view request, outcome, std::string_view code, monotonic_time);
    /// What was accepted before that is asked for no longer, and need not be known much longer.
    void forget(monotonic_time before, monotonic_time now);
    void take(std::map<std::uint32_t, measure::observer_counts>&, std::map<std::string, std::uint64_t>& misfits);

private:
    struct poll {
        std::unique_ptr<observe::poller> asks;
        std::uint32_t index;
    };
    struct response {
        contract::reading reading;
        contract::fit fit;
        observe::counts seen;
        std::uint32_t index;
    };
    struct followed {
        monotonic_time accepted;
        std::string request;
    };

    net::loop& loop_;
    const shared_plan& plan_;
    http::client_options api_;
    std::shared_ptr<drive::door> way_in_;
    observe::claims* claims_;
    observe::on_end tell_;
    std::vector<poll> polls_;
    std::vector<response> responses_;
    std::vector<std::unique_ptr<observe::last_words>> listening_;
    std::deque<followed> followed_;
    std::string accepted_last_;
};

} // namespace loadsim::run
