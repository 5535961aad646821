#include "telemetry/telemetry_estimate.hpp"

#include "check.hpp"
#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/scenario/run_estimate.hpp>
#include <loadsim/telemetry/progress_schedule.hpp>

#include <algorithm>
#include <cmath>

namespace loadsim::scenario {
namespace {

constexpr std::uint32_t sampled_vehicles = 200;
constexpr int sampled_instants = 48;

std::optional<nanoseconds> period_of(const telemetry::state_periods& every, telemetry::drive_state state) {
    switch (state) {
    case telemetry::drive_state::parked: return every.parked;
    case telemetry::drive_state::driving: return every.driving;
    case telemetry::drive_state::charging: return every.charging;
    }
    return std::nullopt;
}

/// PUBLISH; with QoS 1 PUBACK, with QoS 2 PUBREC, PUBREL and PUBCOMP.
double packets_of(const contract::message_options& m, mqtt::qos by_default) {
    switch (m.qos.value_or(static_cast<std::uint8_t>(by_default))) {
    case 0: return 1;
    case 1: return 2;
    default: return 4;
    }
}

} // namespace

telemetry_estimate estimate_telemetry(const scenario_config& config) {
    telemetry_estimate made;
    const auto& f = config.fleet;
    if (!has_telemetry(f) || load_seconds(config.load) > max_load_seconds) return made;
    const auto trips = trips_of(f);
    const telemetry::vehicle_model model(trips, config.seed);
    const telemetry::simulated_day day{trips.start, trips.speed};
    const auto factors = rate_factors_of(config);
    const auto groups = segment_groups_of(config);
    const vehicle::segmentation segments(config.seed, f.vehicles, f.segments);
    const auto sample = std::min(f.vehicles, sampled_vehicles);
    const double scale = static_cast<double>(f.vehicles) / std::max(1U, sample);
    const auto response_qos = f.mqtt.response_qos;
    const double load = load_seconds(config.load);
    made.by_message.resize(f.telemetry.groups.size());
    for (int k = 0; k < sampled_instants; ++k) {
        const nanoseconds since_start{static_cast<std::int64_t>(load * 1e9 * k / sampled_instants)};
        const auto day_time = day.day_time(since_start);
        double messages = 0, packets = 0;
        std::vector<double> by_group(f.telemetry.groups.size());
        for (std::uint32_t i = 0; i < sample; ++i) {
            const vehicle_id v{static_cast<std::uint32_t>(std::uint64_t{i} * f.vehicles / sample)};
            const auto state = model.state_at(v, day_time);
            for (const auto group : groups[segments.segment_of(v)]) {
                const auto& g = f.telemetry.groups[group];
                const auto period = period_of(g.every, state);
                if (!period || *period <= nanoseconds{0}) continue;
                const double rate = trips.speed / seconds(*period) * factors.at(since_start).factor * scale;
                messages += rate;
                by_group[group] += rate;
                packets += rate * packets_of(g.message, response_qos);
            }
        }
        for (std::size_t g = 0; g < by_group.size(); ++g)
            made.by_message[g] = std::max(made.by_message[g], by_group[g]);
        made.messages_per_second = std::max(made.messages_per_second, messages);
        made.packets_per_second = std::max(made.packets_per_second, packets);
    }
    for (const auto& a : f.telemetry.alarms) {
        const double rate = a.rate.per_second * trips.speed * f.vehicles;
        made.messages_per_second += rate;
        made.by_message.push_back(rate);
        made.packets_per_second += rate * packets_of(a.message, response_qos);
    }
    if (const auto& store = f.telemetry.store) {
        const double of_all = store->bytes == 0 ? INFINITY : static_cast<double>(store->bytes) * f.vehicles;
        const double most =
            store->total_bytes == 0 ? of_all : std::min(of_all, static_cast<double>(store->total_bytes));
        made.store_bytes = static_cast<std::uint64_t>(std::min(most, 1e18));
    }
    return made;
}

std::vector<telemetry_rate> telemetry_rates_of(const scenario_config& config) {
    const auto estimate = estimate_telemetry(config);
    const auto names = labels_of(config).telemetry;
    const auto groups = segment_groups_of(config);
    std::vector<telemetry_rate> all;
    for (std::uint32_t m = 0; m < estimate.by_message.size(); ++m) {
        auto& row = all.emplace_back(telemetry_rate{names[m], {}, estimate.by_message[m]});
        const bool is_alarm = m >= config.fleet.telemetry.groups.size(); // of all vehicles
        for (std::size_t s = 0; s < groups.size(); ++s)
            if (is_alarm || std::ranges::count(groups[s], m) != 0)
                row.segments.push_back(config.fleet.segments[s].name);
    }
    return all;
}

} // namespace loadsim::scenario
