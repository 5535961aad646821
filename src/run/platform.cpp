#include "platform.hpp"

#include <loadsim/drive/api_probe.hpp>
#include <loadsim/net/reach.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {
constexpr nanoseconds answer_within = std::chrono::seconds{5};

bool any_behaviour(const scenario::document& scenario, bool (*fits)(const vehicle::behaviour&)) {
    return std::ranges::any_of(scenario.fleet.segments, [&](const vehicle::segment& s) {
        return fits(scenario::behaviour_of(scenario, s.behaviour));
    });
}

std::string with_vin(std::string text, std::string_view vin) {
    for (auto at = text.find("{vin}"); at != std::string::npos; at = text.find("{vin}", at + vin.size()))
        text.replace(at, std::string_view("{vin}").size(), vin);
    return text;
}

/// A broker that is to tell right credentials from wrong ones has to know the right ones: the vehicles' and ours.
std::vector<target::mosquitto_login> logins_of(const scenario::document& scenario, const target::mosquitto_login& own) {
    const auto& mqtt = scenario.fleet.mqtt;
    std::vector<target::mosquitto_login> all{own};
    const bool each_has_its_own = mqtt.user.find("{vin}") != std::string::npos;
    const auto cars = each_has_its_own ? scenario.fleet.vehicles : 1;
    for (std::uint32_t i = 0; i < cars; ++i) {
        const auto vin = vehicle::vin_of(scenario.fleet.vin, vehicle_id{i});
        all.push_back({with_vin(mqtt.user, vin), with_vin(mqtt.password, vin)});
    }
    return all;
}

target::mosquitto_login own_login() {
    std::random_device bits;
    return {"loadsim", fmt::format("{:08x}{:08x}", bits(), bits())};
}

/// What is ours ends with the run, and so its broker keeps nothing but what an outage is to leave.
result<void> start_broker(const scenario::document& scenario, const std::filesystem::path& folder, platform& up) {
    target::mosquitto_options wanted;
    const auto own = own_login();
    const bool guarded = any_behaviour(scenario, [](const auto& b) { return b.credentials.has_value(); });
    if (guarded) wanted.logins = logins_of(scenario, own);
    wanted.keeps_sessions = std::ranges::any_of(
        scenario.conditions, [](const auto& c) { return c.what == vehicle::condition::kind::outage; });
    auto started = target::mosquitto::start(folder, wanted);
    if (!started) return started.error();
    up.own_broker = std::move(*started);
    up.broker = up.own_broker->broker();
    if (guarded) {
        up.broker.user = own.user;
        up.broker.password = own.password;
    }
    return {};
}

result<void> start_backend(const scenario::document& scenario, platform& up) {
    auto wanted = scenario.target.backend;
    if (up.wake) {
        wanted.wake.udp = up.wake->udp();
        wanted.wake.sms = up.wake->sms();
    }
    auto started = backend::server::start(wanted, up.broker, net::endpoint{"http", "127.0.0.1", 0, ""});
    if (!started) return started.error();
    up.own_backend = std::move(*started);
    up.api = up.own_backend->api();
    return {};
}

} // namespace

result<platform> bring_up(const scenario::document& scenario, const std::filesystem::path& folder,
                          const std::function<void(const std::string&)>& said) {
    platform up;
    if (scenario.target.broker) {
        up.broker = *scenario.target.broker;
    } else {
        if (const auto started = start_broker(scenario, folder, up); !started) return started.error();
        said("embedded broker: mosquitto on " + net::to_string(up.broker));
    }
    if (any_behaviour(scenario, [](const auto& b) { return b.asleep.has_value(); })) {
        auto ports = fleet::wake_ports::open(scenario.fleet.wake);
        if (!ports) return ports.error();
        up.wake.emplace(std::move(*ports));
        said("vehicles that sleep are woken at udp " + up.wake->udp() + " and " + up.wake->sms() + "/sms");
    }
    const auto broker = net::reach(up.broker, "broker", answer_within);
    if (!broker) return broker.error();
    up.broker_address = *broker;
    if (scenario.load.driver == drive::kind::mqtt) return up;

    if (scenario.target.api) {
        up.api = *scenario.target.api;
    } else {
        if (const auto started = start_backend(scenario, up); !started) return started.error();
        said("embedded backend: " + net::to_string(*up.api));
    }
    const auto api = net::reach(*up.api, "platform's API", answer_within);
    if (!api) return api.error();
    up.api_address = *api;
    if (const auto lets_us_in = drive::probe_api(*up.api, *api, answer_within); !lets_us_in) return lets_us_in.error();
    return up;
}

} // namespace loadsim::run
