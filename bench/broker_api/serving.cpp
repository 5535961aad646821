#include "serving.hpp"

#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/plan.hpp>
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

/// Listens to nothing.
class nobody final : public fleet::vehicle_events {
    fleet::order on_delivered(vehicle_id, std::string_view, monotonic_time) override { return {}; }
};

/// Acknowledges after 20 ms, has executed 100 ms later.
vehicle::behaviour success() {
    const auto wait = [](nanoseconds d) {
        vehicle::step s;
        s.what = vehicle::step::kind::wait;
        s.lasts.a = d;
        return s;
    };
    const auto say = [](vehicle::word::kind what) {
        vehicle::step s;
        s.what = vehicle::step::kind::say;
        s.said.what = what;
        return s;
    };
    vehicle::behaviour b;
    b.name = "success";
    b.steps = {wait(20ms), say(vehicle::word::kind::ack), wait(100ms), say(vehicle::word::kind::executed)};
    return b;
}

void tell_port(const std::string& url) {
    fmt::print("{}\n", url.substr(url.rfind(':') + 1));
    std::fflush(stdout);
}

void wait_for_end() {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {}
}

int serve_floor() {
    const auto up = http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [](const http::incoming&) {
        return http::reply{.status = 202, .content_type = {}};
    });
    if (!up) return 1;
    tell_port(up->url());
    wait_for_end();
    return 0;
}

int serve_vehicles(const std::string& inbound) {
    fleet::options options;
    options.vehicles = fleet_size;
    options.segments = {{"all", {1}, "success"}};
    const std::vector<std::string> names{"all"};
    const std::vector<std::vector<std::string>> variables(1);
    const std::vector<vehicle::behaviour> behaviours{success()};
    const std::vector<vehicle::condition> conditions;
    const std::vector<fleet::campaign_options> campaigns;
    const contract::known_names known;
    const vehicle::segmentation segments(1, fleet_size, options.segments);
    const vehicle::registry cars(options.vin, fleet_size);
    const fleet::plan plan{.options = options,
                           .terms = contract::terms::of_our_own(),
                           .cars = cars,
                           .names = known,
                           .segments = segments,
                           .segment_names = names,
                           .segment_variables = variables,
                           .behaviours = behaviours,
                           .conditions = conditions,
                           .campaigns = campaigns,
                           .share = {},
                           .load = 1h};
    fleet::broker_api_options wanted;
    wanted.inbound.url = inbound;
    auto edge = fleet::broker_api::open(wanted, 1);
    if (!edge) return 1;
    const steady_time time;
    net::loop loop(time);
    nobody events;
    fleet::broker_api_vehicles vehicles(loop, time, events, plan, wanted, 0s, wanted.inbound.connections);
    vehicles.begin_load(time.now());
    std::thread runs([&] { loop.run(); });
    edge->tell({.found = [&](std::string_view vin) { return cars.vehicle_of(vin); },
                .command =
                    [&](vehicle_id v, fleet::broker_api_command c) {
                        boost::asio::post(loop.io(), [&vehicles, v, c = std::move(c)]() mutable {
                            vehicles.deliver(v, std::move(c));
                        });
                    },
                .next = {}});
    tell_port(edge->url());
    wait_for_end();
    edge->tell({});
    std::this_thread::sleep_for(200ms); // the last cars finish
    for (bool settled = false; !settled; std::this_thread::sleep_for(1ms)) {
        std::packaged_task<bool()> ask([&] { return vehicles.settled(); });
        auto answer = ask.get_future();
        boost::asio::post(loop.io(), std::move(ask));
        settled = answer.get();
    }
    boost::asio::post(loop.io(), [&] {
        vehicles.stop();
        loop.stop();
    });
    runs.join();
    const auto counted = vehicles.take_counts();
    fmt::print("{} {}\n", counted.posted, counted.dropped);
    std::fflush(stdout);
    return 0;
}

} // namespace

int serve(const std::string& what, const std::string& inbound) {
    return what == "floor" ? serve_floor() : serve_vehicles(what == "posting" ? inbound : std::string{});
}

} // namespace loadsim::bench
