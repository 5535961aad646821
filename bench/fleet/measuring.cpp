#include "measuring.hpp"

#include "contenders.hpp"
#include "machine.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <string>
#include <utility>

namespace loadsim::bench {
namespace {

constexpr std::uint32_t few = 1000;
constexpr std::uint32_t many = 15'000;
/// Linux gives a connect a source port of one parity while there is one, and searches them all for each connect when there is
/// none: with its usual range that begins at 14,116 connections of one address to another, costs both contenders the same 70 µs
/// a connect, and would hide what is compared.
constexpr std::uint32_t many_connects = 14'000;
constexpr std::uint32_t baseline = 100;
/// 12,500 sessions a process, for the reason above.
constexpr std::uint32_t scale_processes = 8;
constexpr std::uint32_t scale_rate = 1000;
constexpr std::uint32_t some_active = 256;
constexpr const char* within_bar = "at most 1.3";

using run = std::function<figures(const stage&)>;

class course_of_all {
public:
    explicit course_of_all(const plan& p) : plan_(p) {}

    /// One run with a broker of its own.
    figures one(const std::string& name, const run& what) const {
        fmt::print(stderr, "  {}", name);
        std::fflush(stderr);
        const stage on(plan_.programs, plan_.scratch, "run");
        auto all = what(on);
        fmt::print(stderr, " ok\n");
        return all;
    }

    /// Runs of both in turns; who begins changes.
    std::pair<std::vector<figures>, std::vector<figures>> pairs(const std::string& name, const run& floor,
                                                                const run& ours) const {
        std::pair<std::vector<figures>, std::vector<figures>> all;
        for (std::uint32_t i = 0; i < plan_.pairs; ++i) {
            fmt::print(stderr, "{}: pair {} of {}\n", name, i + 1, plan_.pairs);
            if (i % 2 == 0) all.first.push_back(one("floor", floor));
            all.second.push_back(one("loadsim", ours));
            if (i % 2 != 0) all.first.push_back(one("floor", floor));
        }
        return all;
    }

private:
    const plan& plan_;
};

/// What `more` sessions took beyond `fewer`, a session: a process's own beginning is in neither.
double growth(double more, double fewer, std::uint32_t sessions) { return (more - fewer) / sessions; }

/// The three fleets of one turn, one process after the other.
figures connecting(const course_of_all& c, const std::string& who, figures (*fleet)(const stage&, std::uint32_t)) {
    const auto of = [&](std::uint32_t sessions) {
        return c.one(fmt::format("{}, {} sessions", who, sessions),
                     [&](const stage& on) { return fleet(on, sessions); });
    };
    const auto small = of(few);
    const auto connected = of(many_connects);
    const auto large = of(many);
    return {{"connects_per_s", connected.at("connects_per_s")},
            {"cpu_per_connect_us", growth(connected.at("cpu_s"), small.at("cpu_s"), many_connects - few) * 1e6},
            {"bytes_per_session", growth(large.at("rss_bytes"), small.at("rss_bytes"), many - few)}};
}

void measure_connect(const course_of_all& c, const plan& p, results& r) {
    std::vector<figures> floor;
    std::vector<figures> ours;
    for (std::uint32_t i = 0; i < p.pairs; ++i) {
        fmt::print(stderr, "connect: pair {} of {}\n", i + 1, p.pairs);
        if (i % 2 == 0) floor.push_back(connecting(c, "floor", floor_fleet));
        ours.push_back(connecting(c, "loadsim", loadsim_fleet));
        if (i % 2 != 0) floor.push_back(connecting(c, "floor", floor_fleet));
    }
    const auto add = [&](std::string name, std::string unit, std::string bar, int digits, const char* figure) {
        r.contests.push_back({std::move(name), std::move(unit), std::move(bar), digits, samples_of(floor, figure),
                              samples_of(ours, figure)});
    };
    add(fmt::format("connect and subscribe, as fast as it goes, {} sessions", many_connects), "a second", "", 0,
        "connects_per_s");
    add("CPU per connect", "µs", within_bar, 1, "cpu_per_connect_us");
    add(fmt::format("own memory per idle session, {} to {} sessions", few, many), "bytes", "at most 1,000 bytes", 0,
        "bytes_per_session");
}

void measure_round_trips(const course_of_all& c, const plan& p, results& r) {
    for (const std::uint32_t active : {many, some_active}) {
        const auto [floor, ours] = c.pairs(
            fmt::format("round trips, {} in flight", active),
            [&](const stage& on) { return floor_round_trips(on, many, active, p.measured / 2); },
            [&](const stage& on) { return engine_round_trips(on, many, active, p.measured / 2); });
        const auto what = active == many ? "QoS 1 round trips, one in flight on each session"
                                         : fmt::format("QoS 1 round trips, {} in flight", active);
        r.contests.push_back(
            {what, "a second", "", 0, samples_of(floor, "round_trips_per_s"), samples_of(ours, "round_trips_per_s")});
        r.contests.push_back({"CPU per round trip", "µs", active == many ? within_bar : "", 2,
                              samples_of(floor, "cpu_per_round_trip_us"), samples_of(ours, "cpu_per_round_trip_us")});
    }
}

void measure_exchange(const course_of_all& c, const plan& p, results& r) {
    for (const std::uint32_t rate : {1000U, 10'000U}) {
        const auto [floor, ours] = c.pairs(
            fmt::format("command and answer at {}/s", rate),
            [&](const stage& on) { return floor_exchange(on, many, rate, p.measured); },
            [&](const stage& on) { return loadsim_exchange(on, many, rate, p.measured); });
        const auto add = [&, &f = floor, &o = ours](const std::string& name, std::string unit, std::string bar,
                                                    int digits, const char* figure) {
            r.contests.push_back({fmt::format("at {}/s: {}", rate, name), std::move(unit), std::move(bar), digits,
                                  samples_of(f, figure), samples_of(o, figure)});
        };
        add("CPU per command and answer", "µs", within_bar, 1, "cpu_per_exchange_us");
        add("due to answered, p50", "ms", "", 3, "latency_p50_ms");
        add("due to answered, p99", "ms", "", 3, "latency_p99_ms");
        add("lag p99", "ms", rate == 10'000 ? "at most 1 ms" : "", 3, "lag_p99_ms");
    }
}

void measure_scale(const course_of_all& c, const plan& p, results& r) {
    const std::uint32_t sizes[] = {1000, 10'000, 100'000};
    for (const auto size : sizes) r.scale.push_back({size, {}});
    for (std::uint32_t i = 0; i < p.scale_runs; ++i) {
        const auto base = c.one(fmt::format("scale: {} vehicles", baseline),
                                [](const stage& on) { return loadsim_fleet(on, baseline); });
        for (auto& row : r.scale) {
            const std::uint32_t processes = row.vehicles == 100'000 ? scale_processes : 1;
            fmt::print(stderr, "  scale: {} vehicles\n", row.vehicles);
            auto all = loadsim_at_scale(p.programs, p.scratch, row.vehicles, processes, scale_rate, p.measured);
            const auto beyond = row.vehicles - processes * baseline;
            all["cpu_per_connect_us"] = growth(all["cpu_connect_s"], processes * base.at("cpu_s"), beyond) * 1e6;
            all["bytes_per_session"] = growth(all["rss_bytes"], processes * base.at("rss_bytes"), beyond);
            row.runs.push_back(std::move(all));
        }
    }
}

void measure_paho(const course_of_all& c, const plan& p, results& r) {
    for (const std::uint32_t sessions : {100U, 1000U, 5000U}) {
        paho_row row{sessions, {}, {}};
        for (std::uint32_t i = 0; i < p.scale_runs; ++i) {
            row.paho.push_back(c.one(fmt::format("Paho, {} sessions", sessions),
                                     [&](const stage& on) { return paho_round_trips(on, sessions, p.measured / 2); }));
            row.engine.push_back(c.one(fmt::format("engine, {} sessions", sessions), [&](const stage& on) {
                return engine_round_trips(on, sessions, 0, p.measured / 2);
            }));
        }
        r.paho.push_back(std::move(row));
    }
}

} // namespace

results measure(const plan& p) {
    results r;
    r.machine = this_machine();
    r.pairs = p.pairs;
    const course_of_all c(p);
    if (p.connect) measure_connect(c, p, r);
    if (p.round_trip) measure_round_trips(c, p, r);
    if (p.exchange) measure_exchange(c, p, r);
    if (p.scale) measure_scale(c, p, r);
    if (p.paho) measure_paho(c, p, r);
    r.notes.emplace_back("The floor (`bench/floor`) is a single-threaded epoll client in plain C that does the same on "
                         "the wire. Every run "
                         "is a process of its own with a new mosquitto, same configuration, on the same machine.");
    if (p.connect)
        r.notes.push_back(fmt::format(
            "CPU and memory are seen from outside (the process's CPU clock, smaps_rollup) with all sessions on line "
            "and idle; CPU per connect is the growth from {} to {} sessions, memory from {} to {}, so that a "
            "process's beginning is in neither. Above 14,116 connections of one address to another Linux "
            "searches long for a source port, which would cost both the same.",
            few, many_connects, few, many));
    if (p.round_trip)
        r.notes.emplace_back(
            "Saturated round trips are no scenario: there loadsim is its engine (`net::loop`, `net::mqtt_link`), "
            "one link a session. All else is `loadsim run` with one shard.");
    if (p.exchange)
        r.notes.emplace_back("A command and its answer are two QoS 1 messages through the broker. CPU is the whole "
                             "process's, for loadsim with "
                             "ledger, timeline and histograms, and with four seconds of idling.");
    if (p.scale)
        r.notes.push_back(fmt::format(
            "By size of the fleet: beyond what a fleet of {} takes. 100,000 are {} processes with a broker each; they "
            "connect one after the other and exchange at the same time.",
            baseline, scale_processes));
    return r;
}

} // namespace loadsim::bench
