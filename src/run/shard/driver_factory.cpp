#include "shard/driver_factory.hpp"

#include <loadsim/driver/http_driver.hpp>
#include <loadsim/driver/mqtt_driver.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

bool is_response_observer(const observer::options& o) { return std::holds_alternative<observer::response_options>(o); }

/// Trace function for API requests and responses; empty without a trace.
std::function<void(const http::request*, const http::response_view*)> http_trace(const run_plan& plan) {
    if (!plan.trace) return {};
    return [&plan](const http::request* request, const http::response_view* response) {
        if (request != nullptr)
            plan.trace({.kind = traced_message::direction::to_api,
                        .head = request->method + " " + request->target,
                        .body = request->body});
        if (response == nullptr) return;
        const auto head = std::to_string(response->status);
        const std::string body(response->status == 0 ? response->error : response->body);
        plan.trace({.kind = traced_message::direction::from_api, .head = head, .body = body});
        const auto& observers = plan.scenario.load.observers;
        for (std::uint32_t i = 0; i < observers.size(); ++i)
            if (is_response_observer(observers[i]))
                plan.trace({.kind = traced_message::direction::to_observer, .observer = i, .head = head, .body = body});
    };
}

} // namespace

std::unique_ptr<driver::driver> make_driver(net::loop& loop, driver::driver_events& events, shard_observers& observers,
                                            const run_plan& plan, const target_endpoints& endpoints,
                                            fleet_partition share, std::uint32_t http_connections,
                                            contract::field_match_stats& match_stats) {
    const auto& load = plan.scenario.load;
    const auto fill_values = [&plan](request_key key, contract::template_values& values) {
        plan.fill(key.vehicle, values);
    };
    if (!endpoints.api)
        return driver::make_mqtt_driver(loop, events,
                                        {.options = load.mqtt,
                                         .protocol = plan.scenario.fleet.mqtt.session.protocol,
                                         .message_contract = *plan.message_contract,
                                         .client_id = fmt::format("{}-{}", endpoints.run_name, share.index),
                                         .user = endpoints.broker_urls.front().user,
                                         .password = endpoints.broker_urls.front().password,
                                         .brokers = endpoints.brokers,
                                         .seed = plan.scenario.seed,
                                         .fill_values = fill_values,
                                         .match_stats = &match_stats});
    auto api = *endpoints.api;
    api.max_connections = http_connections;
    driver::http_driver_setup setup{.api = std::move(api),
                                    .message_contract = *plan.message_contract,
                                    .auth = endpoints.auth,
                                    .seed = plan.scenario.seed,
                                    .fill_values = fill_values,
                                    .on_response = {},
                                    .trace = http_trace(plan)};
    if (std::ranges::any_of(load.observers, is_response_observer))
        setup.on_response = [&observers](request_key key, const http::response_view& a, monotonic_time t) {
            observers.on_api_response(key.vehicle, a, t);
        };
    return driver::make_http_driver(loop, events, std::move(setup));
}

} // namespace loadsim::run
