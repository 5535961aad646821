#include "course.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/cluster/channel.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;
using measure::stage;

constexpr nanoseconds tick = 1s;
constexpr nanoseconds look = 100ms; ///< while something is waited for
constexpr nanoseconds spare_to_connect = 30s;
constexpr nanoseconds stopping_at_most = 3min; ///< hundreds of thousands of goodbyes

} // namespace

course::course(const shared_plan& plan, parts& all, interrupts& signals, const listener& tell, const time_source& time)
    : plan_(plan), scenario_(plan.scenario), parts_(all), interrupts_(signals), tell_(tell), time_(time),
      begun_(time.now()), merged_(plan.schedule, begun_),
      recoveries_(scenario_.conditions, scenario_.budgets, plan.schedule.duration()), next_tick_(begun_ + tick) {}

result<void> course::run() {
    if (const auto connected = connect(); !connected) return connected;
    if (!cut_short()) load();
    if (!cut_off()) drain();
    tell_.finished(finish());
    return {};
}

bool course::cut_short() const {
    const auto elsewhere = parts_.asked_elsewhere();
    return cut_off() || interrupts_.asked() != interrupts::kind::none || elsewhere.interrupt || elsewhere.terminate;
}

/// A signal at another rank, or somebody lost, that has not been acted upon.
bool course::news() const {
    const auto elsewhere = parts_.asked_elsewhere();
    return (!wish_known_ && (elsewhere.interrupt || elsewhere.terminate)) || (!cut_off() && !parts_.lost().empty());
}

void course::look_for_the_lost() {
    if (cut_off()) return;
    if (interrupts_.cut_off())
        cut_off_by_ = "the launcher ended all ranks, because one of them died or somebody stopped it";
    else if (const auto& broken = merged_.latest().broken; !broken.empty())
        cut_off_by_ = broken;
    else
        cut_off_by_ = parts_.lost();
}

/// Waits until the instant, the next tick or a signal; collects; tells once a second.
void course::step(stage at, monotonic_time until) {
    const auto wake = std::min(until, next_tick_);
    bool woken = false;
    do {
        const auto now = time_.now();
        woken = interrupts_.wait_until(wake - now > parts_.attention() ? now + parts_.attention() : wake);
        parts_.attend();
    } while (!woken && !news() && time_.now() < wake);
    const auto elsewhere = parts_.asked_elsewhere();
    wish_known_ = elsewhere.interrupt || elsewhere.terminate;
    look_for_the_lost();
    merged_.take(parts_.collect());
    const auto now = time_.now();
    if (now < next_tick_) return;
    tell(at, now);
    next_tick_ += tick * ((now - next_tick_) / tick + 1); // the next whole one, however late this one is
}

void course::tell(stage at, monotonic_time now) {
    const auto p = merged_.progress(at, start_, now);
    if (start_ != never) recoveries_.take(p.load_elapsed, p.interval);
    tell_.progressed(p);
}

result<void> course::connect() {
    // Every part is up before any begins: together they keep the connect rate.
    while (!parts_.settled() && merged_.latest().trouble.empty() && !cut_short())
        step(stage::connecting, time_.now() + look);
    if (cut_off()) return problems{"", cut_off_by_}; // before anything was connected
    const auto begun = time_.now();
    if (merged_.latest().trouble.empty() && !cut_short()) parts_.connect();
    merged_.take(parts_.collect());
    auto within = scenario_.fleet.connect_within;
    if (within.count() == 0)
        within = spare_to_connect + time_for(scenario_.fleet.vehicles, scenario_.fleet.connect_rate);
    while (!cut_short()) {
        const auto& latest = merged_.latest();
        if (!latest.trouble.empty()) return problems{"", latest.trouble};
        if (parts_.settled() && latest.driver_ready && latest.sessions_online == latest.sessions_asked) break;
        if (time_.now() - begun > within) return not_connected(within);
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
        return problems{
            "", text + "; vehicles that are thrown out again and again have twins: when another run with the same "
                       "VINs is at this broker, set fleet.vin.vds apart"};
    return problems{
        "", text + "; check the broker, or give it more time with fleet.connectWithin or a lower fleet.connectRate"};
}

void course::load() {
    const auto begin = time_.now() + parts_.ahead();
    start_ = plan_.only ? begin - plan_.only->from : begin; // what is left out of a replay counts as past
    parts_.begin_load(start_);
    // Other ranks report at whole seconds of the load: a moment later all of it is here.
    if (parts_.count() > 1) next_tick_ = begin + 3 * cluster::look_for_letters;
    const auto end = start_ + plan_.end_of_load();
    do {
        // After the last due time a late shard is looked at more often.
        step(stage::load, time_.now() < end ? end : time_.now() + look);
        // To the end of the last phase, a pause too: who asks for one wants to see how the fleet stands.
    } while (!cut_short() && (time_.now() < end || !parts_.settled() || !merged_.latest().all_due));
    parts_.cut();
}

/// Neither an end, nor a command that may only be late, nor vehicles that come back: what would be told as lost otherwise.
bool course::nothing_to_come() const { return merged_.latest().in_flight == 0 && merged_.latest().awaited == 0; }

void course::drain() {
    const auto until = time_.now() + scenario_.load.drain;
    if (cut_short())
        tell_.said(fmt::format("stopped: draining what is in flight, at most {}; Ctrl-C again ends at once",
                               format_duration(scenario_.load.drain)));
    do {
        step(stage::draining, time_.now() + look); // at least one: what comes twice often comes at once
    } while (!cut_off() && !(parts_.settled() && nothing_to_come()) && time_.now() < until);
    parts_.give_up_open();
}

measure::run_facts::ending course::how_it_ended() const {
    using ending = measure::run_facts::ending;
    if (cut_off()) return ending::cut_off;
    const auto elsewhere = parts_.asked_elsewhere();
    switch (interrupts_.asked()) {
    case interrupts::kind::interrupt: return ending::interrupted;
    case interrupts::kind::terminate: return ending::terminated;
    case interrupts::kind::none: break;
    }
    return elsewhere.interrupt ? ending::interrupted : elsewhere.terminate ? ending::terminated : ending::complete;
}

measure::run_facts course::finish() {
    const auto await_settled = [this] {
        const auto until = time_.now() + stopping_at_most;
        do {
            step(stage::draining, time_.now() + (parts_.settled() ? 0s : look));
        } while (!cut_off() && !parts_.settled() && time_.now() < until);
    };
    if (!cut_off()) await_settled();
    const auto open = merged_.latest().in_flight;
    const auto asked = merged_.latest().sessions_asked;
    if (!cut_off()) {
        parts_.stop();
        await_settled();
    }
    merged_.take(parts_.collect());
    if (!cut_off() && !parts_.settled()) cut_off_by_ = "not all ranks told how they ended";
    const auto now = time_.now();
    tell(stage::done, now);

    measure::run_facts facts;
    facts.scenario = scenario_.name;
    facts.seed = scenario_.seed;
    facts.started = begun_wall_;
    facts.elapsed = now - begun_;
    facts.lag_limit = scenario_.load.lag_limit;
    facts.how = plan_.only ? measure::mode::replay : measure::mode::run;
    facts.planned = plan_.only ? plan_.only->arrivals.size() : plan_.schedule.size();
    facts.sessions_asked = asked;
    facts.sessions_peak = merged_.sessions_peak();
    facts.left_open = open;
    facts.ended = how_it_ended();
    facts.cut_off_by = cut_off_by_;
    facts.sum = merged_.sum();
    facts.recoveries = recoveries_.made(facts.sum);
    facts.generator = {.cpu_s = merged_.latest().cpu_s,
                       .rss_bytes = merged_.rss_peak(),
                       .shards = parts_.shards(),
                       .ranks = parts_.count()};
    return facts;
}

} // namespace loadsim::run
