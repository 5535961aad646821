#include "measuring.hpp"

#include "contenders.hpp"
#include "machine.hpp"
#include "turns.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace loadsim::bench {
namespace {

constexpr std::uint32_t few = 1000;
constexpr std::uint32_t many = 15'000;
/// Linux gives a connect a source port of one parity while there is one, and looks at all of them for each connect when there
/// is none: with its usual range of ports from the 14,117th connection of one address to another. That costs the floor, which
/// does not ask for all ports as loadsim does, several times of all else, and would hide what is compared.
constexpr std::uint32_t many_connects = 14'000;
constexpr std::uint32_t some_active = 256;
/// 12,500 sessions a process, for the reason above.
constexpr std::uint32_t scale_processes = 8;
constexpr std::uint32_t scale_rate = 1000;
constexpr std::uint32_t baseline = 100;
constexpr const char* ratio_bar = "at most 1.3";

/// What `more` sessions took beyond `fewer`, a session: a process's own beginning is in neither.
double growth(double more, double fewer, std::uint32_t sessions) { return (more - fewer) / sessions; }

class measuring {
public:
    explicit measuring(const plan& p) : plan_(p) {
        found_.machine = this_machine();
        found_.pairs = p.pairs;
        if (p.quick)
            found_.notes.emplace_back(
                "Short runs (`--quick`): four seconds for each figure of a load in place of ten.");
        found_.notes.emplace_back(
            "The floor (`bench/floor`) is a single-threaded epoll client in plain C that does the same on the wire. "
            "Each run "
            "is a process of its own with a new mosquitto, same configuration, on the same machine.");
    }

    void connect();
    void round_trips();
    void exchange();
    void scale();
    void paho();
    results so_far() const {
        auto all = found_;
        for (const auto& sentence : turns_.repeated()) all.repeated.push_back(sentence);
        return all;
    }

private:
    stage make_stage() const { return {plan_.programs, plan_.scratch, "run"}; }

    template <class Run>
    figures three_fleets(const char* who);
    template <class Run>
    figures fleet_of_size(std::uint32_t vehicles);
    void add(const duel&, std::string name, std::string unit, std::string bar, int digits, const char* figure);

    const plan& plan_;
    turns turns_;
    results found_;
};

void measuring::add(const duel& both, std::string name, std::string unit, std::string bar, int digits,
                    const char* figure) {
    found_.contests.push_back({std::move(name), std::move(unit), std::move(bar), digits, samples_of(both.floor, figure),
                               samples_of(both.loadsim, figure)});
}

template <class Run>
figures measuring::three_fleets(const char* who) {
    const auto of = [&](std::uint32_t sessions) {
        return turns_.one(fmt::format("{}, {} sessions", who, sessions),
                          [&] { return fleet_of<Run>(make_stage(), sessions); });
    };
    const auto small = of(few);
    const auto connected = of(many_connects);
    const auto large = of(many);
    return {{"connects_per_s", connected.at("connects_per_s")},
            {"cpu_per_connect_us", growth(connected.at("cpu_s"), small.at("cpu_s"), many_connects - few) * 1e6},
            {"bytes_per_session", growth(large.at("rss_bytes"), small.at("rss_bytes"), many - few)}};
}

void measuring::connect() {
    const auto both = turns_.pairs(
        "connect", plan_.pairs, [&] { return three_fleets<floor_run>("floor"); },
        [&] { return three_fleets<loadsim_run>("loadsim"); });
    add(both, "connects, as fast as they go", "a second", "", 0, "connects_per_s");
    add(both, "CPU per connect", "µs", ratio_bar, 1, "cpu_per_connect_us");
    add(both, "own memory per idle session", "bytes", "at most 1,000 bytes", 0, "bytes_per_session");
    found_.notes.push_back(fmt::format(
        "CPU and memory are seen from outside (the process's CPU clock, smaps_rollup) with all sessions on line and "
        "idle. CPU per "
        "connect is the growth from {} to {} sessions, memory from {} to {}: a process's own beginning is in neither. "
        "From the 14,117th connection of one address to another on, Linux looks long for a source port, unless it is "
        "asked to "
        "look at all of them, as loadsim does and the floor does not: so there are fewer.",
        few, many_connects, few, many));
}

void measuring::round_trips() {
    const auto seconds = plan_.measured / 2;
    for (const std::uint32_t active : {many, some_active}) {
        const auto both = turns_.pairs(
            fmt::format("round trips, {} in flight", active), plan_.pairs,
            [&] { return floor_round_trips(make_stage(), many, active, seconds); },
            [&] { return engine_round_trips(make_stage(), many, active, seconds); });
        const auto what = fmt::format("QoS 1 round trips, {} in flight", active);
        add(both, what, "a second", "", 0, "round_trips_per_s");
        add(both, what + ": CPU of each", "µs", active == many ? ratio_bar : "", 2, "cpu_per_round_trip_us");
    }
    found_.notes.push_back(
        fmt::format("Round trips: {} sessions, one message in flight on each, or on {} of them. No scenario does that: "
                    "there loadsim is its "
                    "engine (`net::loop`, a `net::mqtt_link` a session). All else is `loadsim run` with one shard.",
                    many, some_active));
}

void measuring::exchange() {
    for (const std::uint32_t rate : {1000U, 10'000U}) {
        const auto both = turns_.pairs(
            fmt::format("command and answer at {}/s", rate), plan_.pairs,
            [&] { return exchange_of<floor_run>(make_stage(), many, rate, plan_.measured); },
            [&] { return exchange_of<loadsim_run>(make_stage(), many, rate, plan_.measured); });
        const auto what = fmt::format("command and answer at {}/s: ", rate);
        add(both, what + "CPU of each", "µs", ratio_bar, 1, "cpu_per_exchange_us");
        add(both, what + "due to answered, p50", "ms", "", 3, "latency_p50_ms");
        add(both, what + "due to answered, p99", "ms", "", 3, "latency_p99_ms");
        add(both, what + "lag p99", "ms", rate == 10'000 ? "at most 1 ms" : "", 3, "lag_p99_ms");
    }
    found_.notes.push_back(
        fmt::format("A command and its answer are two QoS 1 messages through the broker, to and from {} sessions. CPU "
                    "is the whole process's, "
                    "with four seconds of idling, and for loadsim with ledger, histograms and timeline.",
                    many));
}

/// A fleet in as many processes as it takes, less what as many processes with hardly a vehicle take.
template <class Run>
figures measuring::fleet_of_size(std::uint32_t vehicles) {
    const std::uint32_t processes = vehicles > many_connects ? scale_processes : 1;
    const auto base = fleet_of<Run>(make_stage(), baseline);
    auto all = at_scale<Run>(plan_.programs, plan_.scratch, vehicles, processes, scale_rate, plan_.measured);
    const auto beyond = vehicles - processes * baseline;
    all["cpu_per_connect_us"] = growth(all["cpu_connect_s"], processes * base.at("cpu_s"), beyond) * 1e6;
    all["bytes_per_session"] = growth(all["rss_bytes"], processes * base.at("rss_bytes"), beyond);
    return all;
}

void measuring::scale() {
    for (const std::uint32_t vehicles : {1000U, 10'000U, 100'000U})
        found_.scale.push_back({vehicles, turns_.pairs(
                                              fmt::format("a fleet of {}", vehicles), plan_.other_runs,
                                              [&] { return fleet_of_size<floor_run>(vehicles); },
                                              [&] { return fleet_of_size<loadsim_run>(vehicles); })});
    found_.notes.push_back(fmt::format(
        "By size of the fleet: beyond what a fleet of {} takes. 100,000 are {} processes with a broker each, on the "
        "same machine; they connect one after the other and get {} commands a second in all.",
        baseline, scale_processes, scale_rate));
}

void measuring::paho() {
    for (const std::uint32_t sessions : {100U, 1000U, 5000U}) {
        paho_row row{sessions, {}, {}};
        for (std::uint32_t i = 0; i < plan_.other_runs; ++i) {
            row.paho.push_back(turns_.one(fmt::format("Paho, {} sessions", sessions), [&] {
                return paho_round_trips(make_stage(), sessions, plan_.measured / 2);
            }));
            row.engine.push_back(turns_.one(fmt::format("engine, {} sessions", sessions), [&] {
                return engine_round_trips(make_stage(), sessions, 0, plan_.measured / 2);
            }));
        }
        found_.paho.push_back(std::move(row));
    }
    found_.notes.emplace_back(
        "Paho and our engine: growth of CPU and memory from before the first session is made until all have "
        "subscribed; then one message in flight on each.");
}

} // namespace

results measure(const plan& p, const std::function<void(const results&)>& so_far) {
    measuring all(p);
    const std::pair<bool, void (measuring::*)()> parts[] = {{p.connect, &measuring::connect},
                                                            {p.round_trip, &measuring::round_trips},
                                                            {p.exchange, &measuring::exchange},
                                                            {p.scale, &measuring::scale},
                                                            {p.paho, &measuring::paho}};
    for (const auto& [wanted, part] : parts) {
        if (!wanted) continue;
        (all.*part)();
        so_far(all.so_far());
    }
    return all.so_far();
}

} // namespace loadsim::bench
