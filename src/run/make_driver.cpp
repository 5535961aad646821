#include "make_driver.hpp"

#include <loadsim/drive/http_driver.hpp>
#include <loadsim/drive/mqtt_driver.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

bool is_in_the_answer(const observe::options& o) { return std::holds_alternative<observe::response_options>(o); }

/// Shows what goes to the API and comes from there, to whoever looks on.
std::function<void(const http::request*, const http::answer*)> shown_to(const shared_plan& plan) {
    if (!plan.trace) return {};
    return [&plan](const http::request* asked, const http::answer* came) {
        if (asked != nullptr)
            plan.trace(
                {.what = utterance::way::to_api, .head = asked->method + " " + asked->target, .body = asked->body});
        if (came == nullptr) return;
        const auto head = std::to_string(came->status);
        const std::string body(came->status == 0 ? came->trouble : came->body);
        plan.trace({.what = utterance::way::from_api, .head = head, .body = body});
        const auto& observers = plan.scenario.load.observers;
        for (std::uint32_t i = 0; i < observers.size(); ++i)
            if (is_in_the_answer(observers[i]))
                plan.trace({.what = utterance::way::to_observer, .observer = i, .head = head, .body = body});
    };
}

} // namespace

std::unique_ptr<drive::driver> make_driver(net::loop& loop, drive::driver_events& events, lookouts& ends,
                                           const shared_plan& plan, const address_book& to, shard_share share,
                                           std::uint32_t http_connections, contract::fit& watch) {
    const auto& load = plan.scenario.load;
    const auto known = [&plan](request_key key, contract::values& about) { plan.fill(key.vehicle, about); };
    if (!to.api)
        return drive::make_mqtt_driver(loop, events,
                                       {.options = load.mqtt,
                                        .protocol = plan.scenario.fleet.mqtt.session.protocol,
                                        .terms = *plan.terms,
                                        .name = fmt::format("{}-{}", to.run_name, share.index),
                                        .user = to.broker_urls.front().user,
                                        .password = to.broker_urls.front().password,
                                        .brokers = to.brokers,
                                        .seed = plan.scenario.seed,
                                        .known = known,
                                        .watch = &watch});
    auto api = *to.api;
    api.connections = http_connections;
    drive::http_driver_setup setup{.api = std::move(api),
                                   .terms = *plan.terms,
                                   .way_in = to.way_in,
                                   .seed = plan.scenario.seed,
                                   .known = known,
                                   .answered = {},
                                   .shown = shown_to(plan)};
    if (std::ranges::any_of(load.observers, is_in_the_answer))
        setup.answered = [&ends](request_key key, const http::answer& a, monotonic_time t) {
            ends.answered(key.vehicle, a, t);
        };
    return drive::make_http_driver(loop, events, std::move(setup));
}

} // namespace loadsim::run
