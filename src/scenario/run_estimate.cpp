#include <loadsim/scenario/run_estimate.hpp>

#include "telemetry/telemetry_estimate.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/net/source_addresses.hpp>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loadsim::scenario {
namespace {

// Open files besides connections: standard streams, logs, reports, database, listeners, event loops. Generous.
constexpr std::uint64_t reserved_files = 128;

/// MQTT packets of one request, at most: command, three responses and event, each into and out of the broker, each with
/// an acknowledgement.
constexpr double packets_per_request = 20;

bool uses_embedded_backend(const scenario_config& config) {
    return config.load.driver == driver::kind::http && config.target.embedded && !config.target.api;
}

bool has_takeover(const std::vector<vehicle::step>& steps) {
    return std::ranges::any_of(steps, [](const vehicle::step& s) {
        return s.type == vehicle::step::kind::takeover ||
               std::ranges::any_of(s.branches, [](const auto& b) { return has_takeover(b.steps); });
    });
}

bool any_segment(const scenario_config& config, bool (*matches)(const vehicle::behaviour&)) {
    return std::ranges::any_of(config.behaviours, [&](const vehicle::behaviour& b) {
        return std::ranges::count(config.fleet.segments, b.name, &vehicle::segment::behaviour) != 0 && matches(b);
    });
}

/// Additional connections of vehicles during a takeover, or with an abandoned connection: at most connects_in_flight.
std::uint64_t second_connections(const scenario_config& config) {
    if (config.fleet.link != fleet::link_kind::mqtt) return 0;
    const bool abandons_connections = std::ranges::any_of(config.conditions, [](const vehicle::condition& c) {
        return c.type == vehicle::condition::kind::handover || c.type == vehicle::condition::kind::half_open;
    });
    const bool has_takeovers = any_segment(config, [](const vehicle::behaviour& b) { return has_takeover(b.steps); });
    return abandons_connections || has_takeovers ? std::min(config.fleet.connects_in_flight, config.fleet.vehicles) : 0;
}

/// Connections for commands (in) and responses (out) of the broker API. An embedded backend holds the other ends,
/// and uses fewer connections for commands.
std::uint64_t broker_api_files(const scenario_config& config) {
    if (config.fleet.link != fleet::link_kind::broker_api) return 0;
    const auto& broker_api = config.fleet.broker_api;
    if (!uses_embedded_backend(config)) return broker_api.connections + broker_api.inbound.connections;
    return 2 * (std::uint64_t{backend::broker_api_options{}.connections} + broker_api.inbound.connections);
}

std::uint64_t files_fixed(const scenario_config& config) {
    auto files = reserved_files + second_connections(config) + broker_api_files(config);
    // One UDP port and one SMS listener.
    if (any_segment(config, [](const vehicle::behaviour& b) { return b.asleep.has_value(); })) files += 2;
    if (config.load.driver != driver::kind::http) return files;
    // An embedded backend is in the rank's process: both ends of each connection are there.
    return files + config.load.http.connections * (uses_embedded_backend(config) ? 2U : 1U);
}

/// Broker connections besides the fleet's. http driver: two of the embedded backend, one of the observer. mqtt driver:
/// one per shard, of which there are at most eight by default.
std::uint64_t connections_fixed(const scenario_config& config) {
    if (!needs_a_broker(config)) return 0;
    return config.load.driver == driver::kind::mqtt ? 8 : uses_embedded_backend(config) ? 3 : 1;
}

double peak_rate(const scenario_config& config) {
    double peak = 0;
    for (const auto& p : phases_of(config)) {
        if (p.pause) continue;
        if (p.arrival_count)
            peak = std::max(peak, static_cast<double>(*p.arrival_count) / std::max(1.0, seconds(p.duration)));
        else
            peak = std::max({peak, p.arrival_rate.per_second, p.ramp_to ? p.ramp_to->per_second : 0});
    }
    return peak;
}

double ping_rate(const scenario_config& config) {
    if (config.fleet.link != fleet::link_kind::mqtt) return 0;
    const auto interval = mqtt::ping_interval(config.fleet.mqtt.session.keep_alive);
    return interval > nanoseconds{0} ? 2.0 * config.fleet.vehicles / seconds(interval) : 0;
}

/// Judged by the address alone, without a name lookup.
bool is_on_loopback(const net::endpoint& broker) {
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(broker.host, no_address);
    return no_address ? broker.host == "localhost" : address.is_loopback();
}

std::string rates_of(const loadsim::load::phase& p) {
    if (p.pause) return "pause";
    if (p.arrival_count) return fmt::format("{} in all", *p.arrival_count);
    auto text = format_rate(p.arrival_rate);
    if (p.ramp_to && *p.ramp_to != p.arrival_rate) text += " -> " + format_rate(*p.ramp_to);
    return text;
}

std::string ranks_of(const run_estimate& estimate) {
    if (!estimate.open_file_limit) return "unknown: how many files a process may open cannot be read here";
    if (!estimate.ranks)
        return fmt::format("no number is enough: {} open files are too few for any process", *estimate.open_file_limit);
    if (*estimate.ranks == 1) return "1";
    return fmt::format("{}, for {} open files each: {} run --ranks {} ...", *estimate.ranks, *estimate.open_file_limit,
                       command_name(), *estimate.ranks);
}

} // namespace

loadsim::target::resource_requirements requirements_of(const scenario_config& config,
                                                       loadsim::target::rank_placement where) {
    loadsim::target::resource_requirements n;
    n.placement = where;
    // Vehicles that go offline connect first, too. Behind the broker API there are no sessions.
    n.sessions = config.fleet.link == fleet::link_kind::mqtt ? config.fleet.vehicles : 0;
    n.files_fixed = files_fixed(config);
    n.broker_files_fixed = reserved_files + second_connections(config);
    n.connections_fixed = connections_fixed(config) + second_connections(config);
    const bool needs_broker = needs_a_broker(config);
    n.own_broker = needs_broker && config.target.embedded && !config.target.broker;
    n.local_broker = n.own_broker || (needs_broker && config.target.broker && is_on_loopback(*config.target.broker));
    // read() has rejected invalid addresses; here they count as none.
    if (const auto sources = net::parse_source_addresses(config.fleet.source_addresses)) n.sources = sources->size();
    n.connects_in_flight = std::min<std::uint64_t>(config.fleet.connects_in_flight, config.fleet.vehicles);
    n.connects_per_second = config.fleet.connect_rate.per_second;
    n.tls = vehicles_use_tls(config);
    const auto packets = std::ceil(peak_rate(config) * packets_per_request + ping_rate(config) +
                                   estimate_telemetry(config).packets_per_second);
    n.packets_per_second = static_cast<std::uint64_t>(std::min(packets, 1e15));
    return n;
}

run_estimate estimate_run(const scenario_config& config, const loadsim::target::machine_resources& machine_here) {
    run_estimate estimate;
    const auto schedule = schedule_of(config);
    const auto phases = schedule.phases();
    for (std::size_t i = 0; i < phases.size(); ++i) {
        const auto& p = phases[i];
        estimate.phases.push_back({p.name, schedule.phase_start(i), p.duration, schedule.size(i), rates_of(p)});
    }
    estimate.arrivals = schedule.size();
    estimate.duration = schedule.duration();
    const auto telemetry = estimate_telemetry(config);
    estimate.telemetry_messages_per_second = telemetry.messages_per_second;
    estimate.store_bytes = telemetry.store_bytes;
    estimate.ranks = loadsim::target::required_ranks(requirements_of(config), machine_here);
    estimate.open_file_limit = machine_here.open_files;
    const auto ranks = estimate.ranks.value_or(1);
    estimate.requirements = requirements_of(config, {ranks, ranks});
    estimate.connect_time = loadsim::target::connect_time_min(estimate.requirements, machine_here);
    return estimate;
}

std::string to_string(const run_estimate& estimate) {
    std::size_t width = 5;
    for (const auto& phase : estimate.phases) width = std::max(width, phase.name.size());
    std::string text =
        fmt::format("{:<{}}  {:>10}  {:>10}  {:>12}  rate\n", "phase", width, "start", "duration", "requests");
    for (const auto& phase : estimate.phases)
        text += fmt::format("{:<{}}  {:>10}  {:>10}  {:>12}  {}\n", phase.name, width, format_duration(phase.start),
                            format_duration(phase.duration), phase.arrivals, phase.rates);
    text += fmt::format("{:<{}}  {:>10}  {:>10}  {:>12}\n\n", "all", width, "", format_duration(estimate.duration),
                        estimate.arrivals);
    if (estimate.requirements.sessions == 0)
        text += fmt::format("sessions    none: the vehicles are behind the broker's API\n");
    else
        text += fmt::format("sessions    {}, connecting in {}\n", estimate.requirements.sessions,
                            format_duration(std::chrono::ceil<std::chrono::milliseconds>(estimate.connect_time)));
    if (estimate.telemetry_messages_per_second > 0)
        text += fmt::format("telemetry   {} messages/s at most\n",
                            estimate.telemetry_messages_per_second < 10
                                ? fmt::format("{:.2g}", estimate.telemetry_messages_per_second)
                                : fmt::format("{:.0f}", estimate.telemetry_messages_per_second));
    if (estimate.store_bytes > 0)
        text += fmt::format("store       {} in each process at most, for messages of vehicles whose link is down\n",
                            loadsim::target::format_memory(estimate.store_bytes));
    text += fmt::format("ranks       {}\n", ranks_of(estimate));
    text += fmt::format("open files  {}{}\n", loadsim::target::files_per_rank(estimate.requirements),
                        estimate.requirements.placement.ranks > 1 ? " a rank" : "");
    if (estimate.requirements.own_broker)
        text += fmt::format("            {} more in the embedded broker's process\n",
                            loadsim::target::files_per_broker(estimate.requirements));
    if (const auto ports = loadsim::target::connections_per_broker(estimate.requirements); ports != 0)
        text +=
            fmt::format("ports       {} to {} broker\n", ports,
                        estimate.requirements.own_broker && estimate.requirements.placement.ranks > 1 ? "each" : "the");
    text += fmt::format(
        "memory      {}{}", loadsim::target::format_memory(loadsim::target::local_memory(estimate.requirements)),
        estimate.requirements.own_broker ? ", with the embedded broker's and the kernel's" : ", with the kernel's");
    text += '\n';
    return text;
}

} // namespace loadsim::scenario
