#include <loadsim/run/run.hpp>

#include "interrupts.hpp"
#include "merging.hpp"
#include "platform.hpp"
#include "shard.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/scenario/plan.hpp>
#include <loadsim/target/preflight.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;
using measure::stage;

constexpr nanoseconds tick = 1s;
constexpr nanoseconds look = 100ms; ///< while something is waited for
constexpr nanoseconds spare_to_connect = 30s;
constexpr nanoseconds ahead = 50ms; ///< the load starts so far ahead of the command that starts it

std::uint32_t default_shards() { return std::clamp(std::thread::hardware_concurrency() / 2, 1U, 8U); }

/// How long the target waits for a silent vehicle, by service.
std::vector<backend::deadlines> deadlines_of(const scenario::document& scenario, const measure::legend& names) {
    std::vector<backend::deadlines> all;
    for (const auto& name : names.services) {
        backend::deadlines limits;
        if (scenario.load.driver == drive::kind::mqtt) limits.pending = limits.running = scenario.load.mqtt.deadline;
        for (const auto& s : scenario.target.backend.services)
            if (s.name == name && scenario.load.driver == drive::kind::http) limits = s.limits;
        all.push_back(limits);
    }
    return all;
}

shared_plan make_plan(const scenario::document& scenario, const platform& up) {
    auto names = scenario::legend_of(scenario);
    std::vector<vehicle::behaviour> behaviours;
    for (const auto& b : names.behaviours) behaviours.push_back(scenario::behaviour_of(scenario, b));
    auto deadlines = deadlines_of(scenario, names);
    return shared_plan{.scenario = scenario,
                       .names = std::move(names),
                       .schedule = load::schedule(scenario.load.phases, scenario.load.spacing, scenario.seed),
                       .services = load::service_choice(scenario.seed, scenario.load.services),
                       .segments =
                           vehicle::segmentation(scenario.seed, scenario.fleet.vehicles, scenario.fleet.segments),
                       .behaviours = std::move(behaviours),
                       .deadlines = std::move(deadlines),
                       .broker_url = up.broker,
                       .broker = up.broker_address,
                       .api = up.api,
                       .api_address = up.api_address,
                       .run_name = fmt::format("loadsim-{:08x}", std::random_device{}())};
}

/// One run in progress, from the first connect to the last report.
class course {
public:
    course(const shared_plan& plan, std::uint32_t shards, const listener& tell)
        : plan_(plan), tell_(tell), begun_(time_.now()), merged_(plan, begun_), next_tick_(begun_ + tick) {
        for (std::uint32_t i = 0; i < shards; ++i)
            shards_.push_back(std::make_unique<shard>(plan_, time_, shard_share{i, shards}));
    }

    void observe(std::optional<observe::final_event> seen); ///< comes on the observer's thread
    void begin_to_connect();
    result<void> await_connected(std::future<result<void>> observer);
    void load();
    void drain();
    measure::run_facts finish();
    bool cut_short() const { return interrupts_.asked() != interrupts::kind::none; }

private:
    void step(stage at, monotonic_time until);
    problems not_connected(nanoseconds waited) const;

    const shared_plan& plan_;
    const listener& tell_;
    steady_time time_;
    interrupts interrupts_;
    std::chrono::system_clock::time_point begun_wall_ = std::chrono::system_clock::now();
    monotonic_time begun_;
    merging merged_;
    monotonic_time next_tick_;
    monotonic_time start_ = never; ///< of the load
    std::vector<std::unique_ptr<shard>> shards_;
};

void course::observe(std::optional<observe::final_event> seen) {
    if (!seen) return shards_.front()->note(measure::anomaly::malformed_payload);
    const auto v = vehicle::vehicle_of(plan_.scenario.fleet.vin, seen->vin);
    if (!v || index(*v) >= plan_.scenario.fleet.vehicles) return shards_.front()->note(measure::anomaly::end_unknown);
    shards_[index(*v) % shards_.size()]->observe(*v, std::move(*seen));
}

/// Waits until the instant, the next tick or a signal; collects; tells once a second.
void course::step(stage at, monotonic_time until) {
    interrupts_.wait_until(std::min(until, next_tick_));
    merged_.collect(shards_);
    const auto now = time_.now();
    if (now < next_tick_) return;
    tell_.progressed(merged_.progress(at, start_, now));
    next_tick_ += tick * ((now - next_tick_) / tick + 1); // the next whole one, however late this one is
}

void course::begin_to_connect() {
    for (const auto& s : shards_) s->connect();
}

result<void> course::await_connected(std::future<result<void>> observer) {
    merged_.collect(shards_);
    auto within = plan_.scenario.fleet.connect_within;
    if (within.count() == 0)
        within = spare_to_connect +
                 nanoseconds{static_cast<std::int64_t>(merged_.latest().sessions_asked /
                                                       plan_.scenario.fleet.connect_rate.per_second * 1e9)};
    bool watching = !observer.valid();
    while (!cut_short()) {
        const auto& latest = merged_.latest();
        if (!latest.trouble.empty()) return problems{"", latest.trouble};
        if (!watching && observer.wait_for(0s) == std::future_status::ready) {
            if (const auto started = observer.get(); !started) return started.error();
            watching = true;
        }
        if (watching && latest.driver_ready && latest.sessions_online == latest.sessions_asked) break;
        if (time_.now() - begun_ > within) return not_connected(within);
        step(stage::connecting, time_.now() + look);
    }
    return {};
}

problems course::not_connected(nanoseconds waited) const {
    const auto& latest = merged_.latest();
    std::string text = fmt::format("only {} of {} vehicles are on line after {}", latest.sessions_online,
                                   latest.sessions_asked, format_duration(waited));
    const auto& reasons = merged_.sum().sessions.reasons;
    const auto most = std::max_element(reasons.begin(), reasons.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != reasons.end()) text += fmt::format("; most often: {} ({} times)", most->first, most->second);
    if (merged_.sum().sessions.dropped > latest.sessions_asked)
        return problems{"", text + "; vehicles that are thrown out again and again have twins: when another run with the same "
                                   "VINs is at this broker, set fleet.vin.vds apart"};
    return problems{
        "", text + "; check the broker, or give it more time with fleet.connectWithin or a lower fleet.connectRate"};
}

void course::load() {
    start_ = time_.now() + ahead;
    for (const auto& s : shards_) s->begin_load(start_);
    const auto end = start_ + plan_.schedule.duration();
    do {
        // After the last due time a late shard is looked at more often.
        step(stage::load, time_.now() < end ? end : time_.now() + look);
    } while (!cut_short() && !merged_.latest().all_due);
    for (const auto& s : shards_) s->cut();
}

void course::drain() {
    const auto until = time_.now() + plan_.scenario.load.drain;
    if (cut_short())
        tell_.said(fmt::format("stopped: draining what is in flight, at most {}; Ctrl-C again ends at once",
                               format_duration(plan_.scenario.load.drain)));
    do {
        step(stage::draining, time_.now() + look); // at least one: what comes twice often comes at once
    } while (merged_.latest().in_flight != 0 && time_.now() < until);
    for (const auto& s : shards_) s->give_up_open();
}

measure::run_facts course::finish() {
    merged_.collect(shards_);
    const auto open = merged_.latest().in_flight;
    const auto asked = merged_.latest().sessions_asked;
    const auto resident = merged_.latest().rss_bytes; // while the sessions stand
    for (const auto& s : shards_) s->stop();
    merged_.collect_last(shards_);
    const auto now = time_.now();
    tell_.progressed(merged_.progress(stage::done, start_, now));

    measure::run_facts facts;
    facts.scenario = plan_.scenario.name;
    facts.seed = plan_.scenario.seed;
    facts.started = begun_wall_;
    facts.elapsed = now - begun_;
    facts.lag_limit = plan_.scenario.load.lag_limit;
    facts.planned = plan_.schedule.size();
    facts.sessions_asked = asked;
    facts.sessions_peak = merged_.sessions_peak();
    facts.left_open = open;
    using ending = measure::run_facts::ending;
    switch (interrupts_.asked()) {
    case interrupts::kind::none: facts.ended = ending::complete; break;
    case interrupts::kind::interrupt: facts.ended = ending::interrupted; break;
    case interrupts::kind::terminate: facts.ended = ending::terminated; break;
    }
    facts.sum = merged_.sum();
    facts.generator = {
        .cpu_s = merged_.latest().cpu_s, .rss_bytes = resident, .shards = static_cast<std::uint32_t>(shards_.size())};
    return facts;
}

} // namespace

result<measure::run_facts> execute(const scenario::document& scenario, const options& wanted, const listener& tell) {
    const auto files = target::raise_open_file_limit();
    const auto ports = target::source_ports();
    const auto needs = scenario::plan_of(scenario, {files, ports});
    if (const auto fits = target::check_open_files(std::max(needs.open_files, needs.broker_files), files); !fits)
        return fits.error();
    if (const auto fits = target::check_source_ports(needs.sessions, ports); !fits) return fits.error();

    auto up = bring_up(scenario, wanted.folder, tell.said);
    if (!up) return up.error();
    const auto plan = make_plan(scenario, *up);
    course course(plan, wanted.shards != 0 ? wanted.shards : default_shards(), tell);
    course.begin_to_connect();
    observe::mqtt_observer observer;    // after the course: it ends first, and tells nothing more
    std::future<result<void>> watching; // started beside the vehicles, for Paho takes its time
    if (plan.api)
        watching = std::async(std::launch::async, [&] {
            return observer.start(up->broker, [&course](auto seen) { course.observe(std::move(seen)); });
        });
    if (const auto connected = course.await_connected(std::move(watching)); !connected) return connected.error();
    if (!course.cut_short()) course.load();
    course.drain();
    return course.finish();
}

} // namespace loadsim::run
