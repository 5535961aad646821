#include "measurement.hpp"

#include "alternating_runs.hpp"
#include "competitors.hpp"
#include "machine.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace loadsim::bench {
namespace {

constexpr std::uint32_t small_fleet = 1000;
constexpr std::uint32_t large_fleet = 15'000;
/// Below the limit of cheap source port selection: Linux prefers source ports of one parity; once they are used up, from the
/// 14,117th connection between two addresses with the default port range, it searches all ports for each connect. The search would
/// dominate the baseline's cost: unlike loadsim, the baseline does not ask the kernel for all ports.
constexpr std::uint32_t connect_fleet_size = 14'000;
constexpr std::uint32_t partial_active = 256;
/// Near what mosquitto takes of QoS 1 messages on one core. More would be late, and outlast the measurement.
constexpr std::uint32_t saturating_rate = 40'000;
/// 12,500 sessions per process, below the same limit.
constexpr std::uint32_t scale_processes = 8;
constexpr std::uint32_t scale_rate = 1000;
constexpr std::uint32_t smallest_fleet = 100;
constexpr const char* ratio_target = "at most 1.3";

class measurement {
public:
    explicit measurement(const measurement_plan& p) : plan_(p) {
        results_.machine = this_machine();
        results_.pairs = p.pairs;
        if (p.quick)
            results_.notes.emplace_back(
                "Short runs (`--quick`): four seconds for each value under load in place of ten.");
        results_.notes.emplace_back(
            "The baseline (`bench/baseline`) is a single-threaded epoll client in plain C that sends the same packets. "
            "Each "
            "run is a process of its own with a new mosquitto, same configuration, on the same machine.");
    }

    void connect();
    void round_trips();
    void exchange();
    void telemetry();
    void scale();
    void paho();
    results current_results() const {
        auto all = results_;
        for (const auto& sentence : runs_.failures()) all.repeated_runs.push_back(sentence);
        return all;
    }

private:
    bench_environment make_environment() const { return {plan_.programs, plan_.scratch, "run"}; }

    template <class Run>
    metrics measure_three_fleets(const char* competitor);
    template <class Run>
    metrics measure_fleet_size(std::uint32_t vehicles);
    void add_comparison(const paired_runs&, std::string name, std::string unit, std::string target, int digits,
                        const char* metric);

    const measurement_plan& plan_;
    alternating_runs runs_;
    results results_;
};

void measurement::add_comparison(const paired_runs& runs, std::string name, std::string unit, std::string target,
                                 int digits, const char* metric) {
    results_.comparisons.push_back({std::move(name), std::move(unit), std::move(target), digits,
                                    samples_of(runs.baseline, metric), samples_of(runs.loadsim, metric)});
}

template <class Run>
metrics measurement::measure_three_fleets(const char* competitor) {
    const auto of_size = [&](std::uint32_t sessions) {
        return runs_.run_once(fmt::format("{}, {} sessions", competitor, sessions),
                              [&] { return measure_idle_fleet<Run>(make_environment(), sessions); });
    };
    const auto small = of_size(small_fleet);
    const auto connected = of_size(connect_fleet_size);
    const auto large = of_size(large_fleet);
    return {{"connects_per_s", connected.at("connects_per_s")},
            {"cpu_per_connect_us",
             growth_per_session(connected.at("cpu_s"), small.at("cpu_s"), connect_fleet_size - small_fleet) * 1e6},
            {"bytes_per_session",
             growth_per_session(large.at("rss_bytes"), small.at("rss_bytes"), large_fleet - small_fleet)}};
}

void measurement::connect() {
    const auto runs = runs_.run_pairs(
        "connect", plan_.pairs, [&] { return measure_three_fleets<baseline_run>("floor"); },
        [&] { return measure_three_fleets<loadsim_run>("loadsim"); });
    add_comparison(runs, "connects, as fast as possible", "per second", "", 0, "connects_per_s");
    add_comparison(runs, "CPU per connect", "µs", ratio_target, 1, "cpu_per_connect_us");
    add_comparison(runs, "own memory per idle session", "bytes", "at most 1,000 bytes", 0, "bytes_per_session");
    results_.notes.push_back(
        fmt::format("CPU and memory are measured from outside (the process's CPU clock, smaps_rollup) with all "
                    "sessions online and idle. "
                    "CPU per connect is the growth from {} to {} sessions, memory from {} to {}: the start of the "
                    "process is in neither. "
                    "From the 14,117th connection of one address to another on, Linux searches long for a source port, "
                    "unless it is told "
                    "to search all of them, as loadsim does and the baseline does not: so there are fewer.",
                    small_fleet, connect_fleet_size, small_fleet, large_fleet));
}

void measurement::round_trips() {
    const auto seconds = plan_.measured / 2;
    for (const std::uint32_t active : {large_fleet, partial_active}) {
        const auto runs = runs_.run_pairs(
            fmt::format("round trips, {} in flight", active), plan_.pairs,
            [&] { return baseline_round_trips(make_environment(), large_fleet, active, seconds); },
            [&] { return engine_round_trips(make_environment(), large_fleet, active, seconds); });
        const auto what = fmt::format("QoS 1 round trips, {} in flight", active);
        add_comparison(runs, what, "per second", "", 0, "round_trips_per_s");
        add_comparison(runs, what + ": CPU of each", "µs", active == large_fleet ? ratio_target : "", 2,
                       "cpu_per_round_trip_us");
    }
    results_.notes.push_back(
        fmt::format("Round trips: {} sessions, one message in flight on each, or on {} of them. No scenario does that: "
                    "loadsim is only its engine there (`net::loop`, one `net::mqtt_link` per session). All else is "
                    "`loadsim run` with one shard.",
                    large_fleet, partial_active));
}

void measurement::exchange() {
    for (const std::uint32_t rate : {1000U, 10'000U}) {
        const auto runs = runs_.run_pairs(
            fmt::format("command and response at {}/s", rate), plan_.pairs,
            [&] { return measure_exchange<baseline_run>(make_environment(), large_fleet, rate, plan_.measured); },
            [&] { return measure_exchange<loadsim_run>(make_environment(), large_fleet, rate, plan_.measured); });
        const auto what = fmt::format("command and response at {}/s: ", rate);
        add_comparison(runs, what + "CPU of each", "µs", ratio_target, 1, "cpu_per_exchange_us");
        add_comparison(runs, what + "due to response, p50", "ms", "", 3, "latency_p50_ms");
        add_comparison(runs, what + "due to response, p99", "ms", "", 3, "latency_p99_ms");
        add_comparison(runs, what + "lag p99", "ms", rate == 10'000 ? "at most 1 ms" : "", 3, "lag_p99_ms");
    }
    results_.notes.push_back(fmt::format(
        "A command and its response are two QoS 1 messages through the broker, to and from {} sessions. CPU is that "
        "of the whole process, with four seconds of idling, and for loadsim with ledger, histograms and timeline.",
        large_fleet));
}

void measurement::telemetry() {
    for (const int qos : {0, 1})
        for (const std::uint32_t rate : {10'000U, saturating_rate}) {
            const auto what = fmt::format("telemetry, QoS {}, {}/s: ", qos, rate);
            const auto runs = runs_.run_pairs(
                what, plan_.pairs,
                [&] {
                    return measure_telemetry<baseline_run>(make_environment(), large_fleet, rate, qos, plan_.measured);
                },
                [&] {
                    return measure_telemetry<loadsim_run>(make_environment(), large_fleet, rate, qos, plan_.measured);
                });
            add_comparison(runs, what + "CPU of each", "µs", "at most 1.25", 2, "cpu_per_message_us");
            add_comparison(runs, what + "lag p99", "ms", rate == 10'000 ? "at most 2 ms" : "", 3, "lag_p99_ms");
        }
    results_.notes.push_back(
        fmt::format("Telemetry: messages of 200 bytes from {} sessions, due evenly, to topics without subscribers. "
                    "{}/s saturate the broker's core. CPU as for commands.",
                    large_fleet, saturating_rate));
}

/// A fleet in as many processes as needed, minus the cost of the same number of processes with the smallest fleet.
template <class Run>
metrics measurement::measure_fleet_size(std::uint32_t vehicles) {
    const std::uint32_t processes = vehicles > connect_fleet_size ? scale_processes : 1;
    const auto base = measure_idle_fleet<Run>(make_environment(), smallest_fleet);
    auto all = measure_at_scale<Run>(plan_.programs, plan_.scratch, vehicles, processes, scale_rate, plan_.measured);
    const auto extra_vehicles = vehicles - processes * smallest_fleet;
    all["cpu_per_connect_us"] =
        growth_per_session(all["cpu_connect_s"], processes * base.at("cpu_s"), extra_vehicles) * 1e6;
    all["bytes_per_session"] = growth_per_session(all["rss_bytes"], processes * base.at("rss_bytes"), extra_vehicles);
    return all;
}

void measurement::scale() {
    for (const std::uint32_t vehicles : {1000U, 10'000U, 100'000U})
        results_.scale.push_back({vehicles, runs_.run_pairs(
                                                fmt::format("a fleet of {}", vehicles), plan_.unpaired_runs,
                                                [&] { return measure_fleet_size<baseline_run>(vehicles); },
                                                [&] { return measure_fleet_size<loadsim_run>(vehicles); })});
    results_.notes.push_back(fmt::format(
        "By size of the fleet: beyond the cost of a fleet of {}. 100,000 are {} processes with a broker each, on the "
        "same machine; they connect one after the other and receive {} commands per second in all.",
        smallest_fleet, scale_processes, scale_rate));
}

void measurement::paho() {
    for (const std::uint32_t sessions : {100U, 1000U, 5000U}) {
        paho_row row{sessions, {}, {}};
        for (std::uint32_t i = 0; i < plan_.unpaired_runs; ++i) {
            row.paho.push_back(runs_.run_once(fmt::format("Paho, {} sessions", sessions), [&] {
                return paho_round_trips(make_environment(), sessions, plan_.measured / 2);
            }));
            row.engine.push_back(runs_.run_once(fmt::format("engine, {} sessions", sessions), [&] {
                return engine_round_trips(make_environment(), sessions, 0, plan_.measured / 2);
            }));
        }
        results_.paho.push_back(std::move(row));
    }
    results_.notes.emplace_back(
        "Paho and loadsim's engine: growth of CPU and memory from before the first session is made until all have "
        "subscribed; then one message in flight on each.");
}

} // namespace

results measure(const measurement_plan& p, const std::function<void(const results&)>& on_results) {
    measurement all(p);
    const std::pair<bool, void (measurement::*)()> parts[] = {
        {p.connect, &measurement::connect},   {p.round_trip, &measurement::round_trips},
        {p.exchange, &measurement::exchange}, {p.telemetry, &measurement::telemetry},
        {p.scale, &measurement::scale},       {p.paho, &measurement::paho}};
    for (const auto& [wanted, part] : parts) {
        if (!wanted) continue;
        (all.*part)();
        on_results(all.current_results());
    }
    return all.current_results();
}

} // namespace loadsim::bench
