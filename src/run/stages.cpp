#include "stages.hpp"

#include "aggregator.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/cluster/channel.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;
using measure::stage;

/// Longest wait for ranks whose report of an interval is late.
constexpr nanoseconds max_report_delay = 3s;
constexpr nanoseconds connect_allowance = 30s;
constexpr nanoseconds max_stop_time = 3min; ///< for hundreds of thousands of DISCONNECTs

/// Threads: one.
class stages {
public:
    stages(generator&, stop_signals&, const listener&, const time_source&, const linger_time&);

    /// Runs all stages and reports the result. Errors: the load could not start.
    result<void> run();
    bool aborted() const { return !abort_reason_.empty(); } ///< the run was aborted without drain

private:
    /// Blocks until all vehicles are online or a stop is requested. Errors: the load cannot start.
    result<void> connect();
    void load();
    void drain();
    void linger();
    void finish();
    bool stop_requested() const; ///< stop requested by a signal, here or at another rank; or aborted
    void step(stage at, monotonic_time until);
    monotonic_time next_interval_end(monotonic_time now) const;
    bool report_interval(stage at);
    void report_progress(stage at, monotonic_time end, std::uint32_t late_ranks = 0);
    bool has_pending_stop() const;
    bool nothing_pending() const;
    void check_lost_ranks();
    problems connect_timeout_error(nanoseconds waited) const;
    measure::run_result::end_reason end_reason() const;

    const run_plan& plan_;
    const scenario::scenario_config& scenario_;
    generator& generator_;
    stop_signals& signals_;
    const listener& callbacks_;
    const time_source& time_;
    const linger_time& linger_time_;
    aggregator aggregator_;
    monotonic_time reported_until_; ///< end of the last interval that was reported
    monotonic_time next_tick_;      ///< end of the next one
    monotonic_time start_ = never;  ///< start of the load
    monotonic_time load_begin_{};   ///< start_, or that of a replay's first request
    monotonic_time load_end_{};     ///< no more arrivals
    std::string abort_reason_;
    bool remote_stop_handled_ = false;
};

stages::stages(generator& all, stop_signals& signals, const listener& callbacks, const time_source& time,
               const linger_time& linger)
    : plan_(all.plan()), scenario_(plan_.scenario), generator_(all), signals_(signals), callbacks_(callbacks),
      time_(time), linger_time_(linger), aggregator_(plan_, callbacks.started), reported_until_(callbacks.started.at),
      next_tick_(time.now() + progress_interval) {}

result<void> stages::run() {
    if (const auto connected = connect(); !connected) return connected;
    for (const auto& [sentence, times] : aggregator_.sum().broker_limits) callbacks_.on_notice(sentence);
    if (!stop_requested()) load();
    if (!aborted()) drain();
    linger();
    finish();
    return {};
}

bool stages::stop_requested() const {
    const auto remote = generator_.stop_requested();
    return aborted() || signals_.requested() != stop_signals::kind::none || remote.interrupt || remote.terminate;
}

/// A stop request of another rank, or a lost rank, that has not been handled yet.
bool stages::has_pending_stop() const {
    const auto remote = generator_.stop_requested();
    return (!remote_stop_handled_ && (remote.interrupt || remote.terminate)) ||
           (!aborted() && !generator_.lost_rank().empty());
}

void stages::check_lost_ranks() {
    if (aborted()) return;
    if (signals_.aborted())
        abort_reason_ = signals_.abort_reason();
    else if (const auto& broken = aggregator_.latest().fatal_error; !broken.empty())
        abort_reason_ = broken;
    else
        abort_reason_ = generator_.lost_rank();
}

/// End of the interval that `now` is in. Intervals before it may wait for the report of a late rank.
monotonic_time stages::next_interval_end(monotonic_time now) const {
    return now < next_tick_ ? next_tick_
                            : next_tick_ + progress_interval * ((now - next_tick_) / progress_interval + 1);
}

/// Waits until `until`, the end of the interval or a signal; collects snapshots; reports progress once a second.
void stages::step(stage at, monotonic_time until) {
    const auto begin = time_.now();
    auto wake = std::min(until, next_interval_end(begin));
    if (begin >= next_tick_) wake = std::min(wake, begin + poll_interval);
    bool woken = false;
    do {
        const auto now = time_.now();
        woken = signals_.wait_until(wake - now > generator_.next_deadline() ? now + generator_.next_deadline() : wake);
        generator_.poll();
    } while (!woken && !has_pending_stop() && time_.now() < wake);
    const auto remote = generator_.stop_requested();
    remote_stop_handled_ = remote.interrupt || remote.terminate;
    check_lost_ranks();
    aggregator_.add(generator_.collect(reported_until_));
    while (report_interval(at)) {}
}

/// Reports the progress of the next interval, unless it still lasts or a rank's report of it is late. False: not yet.
bool stages::report_interval(stage at) {
    const auto now = time_.now();
    if (now < next_tick_) return false;
    if (generator_.rank_count() == 1) {
        report_progress(at, now);
        next_tick_ = next_interval_end(now); // skips missed ticks
        return false;
    }
    const auto late = generator_.late_ranks(next_tick_);
    if (late != 0 && now < next_tick_ + max_report_delay) return false;
    aggregator_.add(generator_.collect(next_tick_));
    report_progress(at, next_tick_, late);
    next_tick_ += progress_interval;
    return true;
}

void stages::report_progress(stage at, monotonic_time end, std::uint32_t late_ranks) {
    const auto middle = reported_until_ + (end - reported_until_) / 2;
    // An interval may be complete only when the next stage has begun.
    if (at == stage::draining && middle < load_end_) at = stage::load;
    if (at == stage::load && middle < load_begin_) at = stage::connecting;
    reported_until_ = end;
    callbacks_.on_progress(aggregator_.progress(at, start_, end, late_ranks));
}

result<void> stages::connect() {
    // All ranks are set up before any connects: the connect rate holds for all of them together.
    while (!generator_.idle() && aggregator_.latest().setup_error.empty() && !stop_requested())
        step(stage::connecting, time_.now() + poll_interval);
    if (aborted()) return problems{"", abort_reason_}; // nothing is connected yet
    const auto started_at = time_.now();
    if (aggregator_.latest().setup_error.empty() && !stop_requested()) generator_.connect();
    aggregator_.add(generator_.collect(never));
    auto timeout = scenario_.fleet.fleet_connect_timeout;
    if (timeout.count() == 0)
        timeout = connect_allowance + duration_for(scenario_.fleet.vehicles, scenario_.fleet.connect_rate);
    while (!stop_requested()) {
        const auto& latest = aggregator_.latest();
        if (!latest.setup_error.empty()) return problems{"", latest.setup_error};
        if (generator_.idle() && latest.driver_ready && latest.sessions_online == latest.sessions_planned) break;
        if (time_.now() - started_at > timeout) return connect_timeout_error(timeout);
        step(stage::connecting, time_.now() + poll_interval);
    }
    return {};
}

problems stages::connect_timeout_error(nanoseconds waited) const {
    const auto& latest = aggregator_.latest();
    std::string text = fmt::format("only {} of {} vehicles are online after {}", latest.sessions_online,
                                   latest.sessions_planned, format_duration(waited));
    const auto& reasons = aggregator_.sum().sessions.reasons;
    const auto most_frequent = std::max_element(reasons.begin(), reasons.end(),
                                                [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most_frequent != reasons.end())
        text += fmt::format("; most often: {} ({} times)", most_frequent->first, most_frequent->second);
    // Brokers disconnect the first of two clients with one id: MQTT 5.0 names the reason, 3.1.1 has only the closed connection.
    const bool taken_over =
        most_frequent != reasons.end() &&
        (most_frequent->first.find(mqtt::to_string(mqtt::reason::session_taken_over)) != std::string::npos ||
         most_frequent->first == make_error_code(net::errc::closed_by_peer).message());
    if (taken_over && aggregator_.sum().sessions.dropped > latest.sessions_planned)
        return problems{
            "", text +
                    "; vehicles lose their sessions to clients with the same client ids: if another run with the same "
                    "VINs uses this broker, give this one another fleet.vin.vds"};
    return problems{
        "",
        text + "; check the broker, or give it more time with fleet.fleetConnectTimeout or a lower fleet.connectRate"};
}

void stages::load() {
    load_begin_ = time_.now() + generator_.start_delay();
    start_ = load_begin_ - plan_.begin_of_load();
    generator_.begin_load(start_);
    next_tick_ = load_begin_; // an interval ends here, so that the following ones are whole seconds of the load
    while (!stop_requested() && time_.now() < load_begin_) step(stage::connecting, load_begin_);
    const auto end = start_ + plan_.end_of_load();
    do {
        // After the last due time shards that are late are polled more often.
        step(stage::load, time_.now() < end ? end : time_.now() + poll_interval);
        // Runs to the end of the last phase, even a pause: the pause is there to observe the fleet.
    } while (!stop_requested() && (time_.now() < end || !generator_.idle() || !aggregator_.latest().all_due));
    generator_.stop_arrivals();
    load_end_ = time_.now();
    aggregator_.end_load(load_end_);
}

/// No completion, late command or returning vehicle is awaited; if one were, ending now would count it as lost.
bool stages::nothing_pending() const {
    return aggregator_.latest().in_flight == 0 && aggregator_.latest().awaited == 0;
}

void stages::drain() {
    const auto until = time_.now() + scenario_.load.drain;
    if (stop_requested())
        callbacks_.on_notice(fmt::format("stopped: draining what is in flight, at most {}; Ctrl-C again ends at once",
                                         format_duration(scenario_.load.drain)));
    do {
        step(stage::draining, time_.now() + poll_interval); // at least once: duplicates often arrive immediately
    } while (!aborted() && !(generator_.idle() && nothing_pending()) && time_.now() < until);
    if (!aborted()) generator_.expire_open_requests(); // else they stay open: the platform still had time
}

void stages::linger() {
    const auto begin = time_.now();
    const auto is_over = [&] {
        const auto since = time_.now() - begin;
        return since >= linger_time_.at_least && (since >= linger_time_.at_most || linger_time_.complete());
    };
    while (!stop_requested() && !is_over()) step(stage::draining, time_.now() + poll_interval);
}

measure::run_result::end_reason stages::end_reason() const {
    using kind = stop_signals::kind;
    if (aborted()) return measure::run_result::end_reason::aborted;
    if (const auto own = signals_.requested(); own != kind::none) return end_reason_of(own);
    const auto remote = generator_.stop_requested();
    return end_reason_of(remote.interrupt ? kind::interrupt : remote.terminate ? kind::terminate : kind::none);
}

void stages::finish() {
    const auto await_idle = [this] {
        const auto until = time_.now() + max_stop_time;
        do {
            step(stage::draining, time_.now() + (generator_.idle() ? 0s : poll_interval));
        } while (!aborted() && !generator_.idle() && time_.now() < until);
    };
    if (!aborted()) await_idle();
    const auto open = aggregator_.latest().in_flight;
    const auto sessions_requested = aggregator_.latest().sessions_planned;
    if (!aborted()) {
        generator_.stop();
        await_idle();
    }
    aggregator_.add(generator_.collect(never));
    if (!aborted() && !generator_.idle()) abort_reason_ = "not all ranks reported their results";
    const auto now = time_.now();
    report_progress(stage::done, now);
    auto result = aggregator_.result(now);
    result.sessions_planned = sessions_requested;
    result.left_open = open;
    result.ended = end_reason();
    result.abort_reason = abort_reason_;
    result.generator.shards = generator_.shards();
    result.generator.ranks = generator_.rank_count();
    callbacks_.on_finished(result);
}

} // namespace

result<void> run_before_hooks(generator& all, const stop_signals& signals, const std::function<void()>& while_waiting) {
    return all.run_before_hooks([&] {
        while_waiting();
        return signals.any();
    });
}

result<void> run_after_hooks(generator& all, const std::function<void()>& while_waiting) {
    return all.run_after_hooks([&] {
        while_waiting();
        return false;
    });
}

run_end run_stages(generator& all, stop_signals& signals, const listener& callbacks, const time_source& time,
                   const linger_time& linger) {
    const auto poll = [&all] { all.poll(); }; // other ranks send reports meanwhile
    if (const auto done = run_before_hooks(all, signals, poll); !done) return {done, false};
    // A stop during the hooks ends the run at once: there is little to clean up, and a hook may be what hangs.
    const bool hooks_done = !signals.any();
    stages load_stages(all, signals, callbacks, time, linger);
    const auto status = load_stages.run();
    if (status && !load_stages.aborted() && hooks_done)
        if (const auto done = run_after_hooks(all, poll); !done)
            callbacks.on_notice("after the load: " + to_string(done.error()));
    return {status, load_stages.aborted()};
}

} // namespace loadsim::run
