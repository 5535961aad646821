#include "servers.hpp"

#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <thread>
#include <utility>
#include <vector>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t fleet_size = 24'500'000;

/// Ignores all vehicle events.
class ignored_events final : public fleet::vehicle_events {
    fleet::command_info on_delivered(vehicle_id, const contract::message_contract::parsed_command&, monotonic_time,
                                     bool) override {
        return {};
    }
};

/// Acknowledges after 20 ms and reports executed 100 ms later.
vehicle::behaviour success_behaviour() {
    const auto wait = [](nanoseconds d) {
        vehicle::step s;
        s.type = vehicle::step::kind::wait;
        s.duration.a = d;
        return s;
    };
    const auto send = [](vehicle::response_step::kind server_kind) {
        vehicle::step s;
        s.type = vehicle::step::kind::respond;
        s.response.type = server_kind;
        return s;
    };
    vehicle::behaviour b;
    b.name = "success";
    b.steps = {wait(20ms), send(vehicle::response_step::kind::ack), wait(100ms),
               send(vehicle::response_step::kind::executed)};
    return b;
}

void print_port(const std::string& url) {
    fmt::print("{}\n", url.substr(url.rfind(':') + 1));
    std::fflush(stdout);
}

void wait_for_end() {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {}
}

int serve_baseline() {
    const auto server = http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [](const http::request_view&) {
        return http::server_response{.status = 202, .content_type = {}};
    });
    if (!server) return 1;
    print_port(server->url());
    wait_for_end();
    return 0;
}

int serve_vehicles(const std::string& inbound) {
    fleet::options options;
    options.vehicles = fleet_size;
    options.segments = {{"all", {1}, "success"}};
    const std::vector<std::string> names{"all"};
    const std::vector<std::vector<std::string>> variables(1);
    const std::vector<vehicle::behaviour> behaviours{success_behaviour()};
    const std::vector<vehicle::condition> conditions;
    const std::vector<fleet::campaign_options> campaigns;
    const contract::scenario_symbols symbols;
    const vehicle::segmentation segments(1, fleet_size, options.segments);
    const vehicle::registry registry(options.vin, fleet_size);
    const fleet::fleet_spec spec{.options = options,
                                 .message_contract = contract::message_contract::built_in(),
                                 .registry = registry,
                                 .template_symbols = symbols,
                                 .segments = segments,
                                 .segment_names = names,
                                 .segment_variables = variables,
                                 .behaviours = behaviours,
                                 .conditions = conditions,
                                 .campaigns = campaigns,
                                 .shard_partition = {},
                                 .load_duration = 1h};
    fleet::broker_api_options api_options;
    api_options.inbound.url = inbound;
    auto api = fleet::broker_api::open(api_options, 1);
    if (!api) return 1;
    const steady_time time;
    net::loop loop(time);
    ignored_events events;
    const auto vehicles =
        fleet::make_broker_api_fleet(loop, time, events, spec, api_options, 0s, api_options.inbound.connections);
    vehicles->begin_load(time.now());
    std::thread loop_thread([&] { loop.run(); });
    api->set_handlers({.find_vehicle = [&](std::string_view vin) { return registry.vehicle_of(vin); },
                       .on_command =
                           [&](vehicle_id v, fleet::delivered_command c) {
                               boost::asio::post(loop.io(), [&vehicles, v, c = std::move(c)]() mutable {
                                   vehicles->deliver(v, std::move(c));
                               });
                           },
                       .set_next_behaviour = {}});
    print_port(api->url());
    wait_for_end();
    api->set_handlers({});
    std::this_thread::sleep_for(200ms); // lets the last command executions finish
    for (bool idle = false; !idle; std::this_thread::sleep_for(1ms)) {
        std::packaged_task<bool()> query([&] { return vehicles->idle(); });
        auto is_idle = query.get_future();
        boost::asio::post(loop.io(), std::move(query));
        idle = is_idle.get();
    }
    boost::asio::post(loop.io(), [&] {
        vehicles->stop();
        loop.stop();
    });
    loop_thread.join();
    const auto counts = vehicles->take_counts().broker_api;
    fmt::print("{} {}\n", counts.posted, counts.dropped);
    std::fflush(stdout);
    return 0;
}

} // namespace

int serve(const std::string& server_kind, const std::string& inbound) {
    return server_kind == "floor" ? serve_baseline()
                                  : serve_vehicles(server_kind == "posting" ? inbound : std::string{});
}

} // namespace loadsim::bench
