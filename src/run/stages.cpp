#include "stages.hpp"

#include "aggregator.hpp"
#include "sequence_load.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/cluster/channel.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;
using measure::stage;

/// Longest wait for ranks whose report of an interval is late.
constexpr nanoseconds max_report_delay = 3s;
constexpr nanoseconds connect_allowance = 30s;
constexpr nanoseconds max_stop_time = 3min; ///< for hundreds of thousands of DISCONNECTs
constexpr nanoseconds max_abort_time = 1s;  ///< of a run that was aborted, for the last reports

/// Threads: one.
class stages {
public:
    stages(generator&, stop_signals&, const listener&, const time_source&, const linger_time&, const load_sequence*);

    /// Runs all stages and reports the result. Errors: the load could not start.
    result<void> run();
    bool aborted() const { return !abort_reason_.empty(); } ///< the run was aborted without drain

private:
    /// Blocks until all vehicles are online or a stop is requested. Errors: the load cannot start.
    result<void> connect();
    void run_sequence();
    void load();
    bool all_due() const;
    void stop_arrivals();
    void drain();
    void linger();
    void finish();
    stop_signals::kind signal() const; ///< first stop signal, here or else at another rank
    bool stop_requested() const;       ///< by a signal; or aborted
    bool load_ends() const;            ///< a stop is requested, or a budget ends the load
    bool may_wait() const;             ///< not aborted, or the time for the last reports lasts
    void step(stage at, monotonic_time until);
    monotonic_time next_interval_end(monotonic_time now) const;
    bool report_interval(stage at);
    void report_progress(stage at, monotonic_time end, std::uint32_t late_ranks = 0);
    bool has_pending_stop() const;
    bool nothing_pending() const;
    void check_lost_ranks();
    problems connect_timeout_error(nanoseconds waited) const;
    measure::run_result::end_reason end_reason() const;
    measure::run_result result_until(monotonic_time now) const;

    const run_plan& plan_;
    const scenario::scenario_config& scenario_;
    generator& generator_;
    stop_signals& signals_;
    const listener& callbacks_;
    const time_source& time_;
    const linger_time& linger_time_;
    const load_sequence* const sequence_; ///< null: the load is the plan's
    aggregator aggregator_;
    monotonic_time interval_end_;  ///< of the first interval that has not been reported
    monotonic_time start_ = never; ///< start of the load
    monotonic_time load_begin_{};  ///< start_, or that of a replay's first request
    monotonic_time load_end_{};    ///< no more arrivals
    nanoseconds connect_elapsed_{0};
    std::string abort_reason_;
    monotonic_time aborted_at_ = never;
    bool remote_stop_handled_ = false;
    bool arrivals_stopped_ = false;
};

stages::stages(generator& all, stop_signals& signals, const listener& callbacks, const time_source& time,
               const linger_time& linger, const load_sequence* sequence)
    : plan_(all.plan()), scenario_(plan_.scenario), generator_(all), signals_(signals), callbacks_(callbacks),
      time_(time), linger_time_(linger), sequence_(sequence), aggregator_(plan_, callbacks.started),
      interval_end_(time.now() + progress_interval) {}

result<void> stages::run() {
    if (const auto connected = connect(); !connected) return connected;
    for (const auto& [sentence, times] : aggregator_.sum().broker_limits) callbacks_.on_notice(sentence);
    if (sequence_ != nullptr) {
        run_sequence();
    } else {
        if (!stop_requested()) load();
        if (!aborted()) drain();
    }
    linger();
    finish();
    return {};
}

stop_signals::kind stages::signal() const {
    using kind = stop_signals::kind;
    if (const auto own = signals_.requested(); own != kind::none) return own;
    const auto remote = generator_.stop_requested();
    return remote.interrupt ? kind::interrupt : remote.terminate ? kind::terminate : kind::none;
}

bool stages::stop_requested() const { return aborted() || signal() != stop_signals::kind::none; }

bool stages::load_ends() const { return stop_requested() || !aggregator_.early_end().empty(); }

bool stages::may_wait() const {
    return !aborted() || (!signals_.killed_soon() && time_.now() < aborted_at_ + max_abort_time);
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
    if (aborted()) aborted_at_ = time_.now();
}

/// End of the interval that `now` is in. Intervals before it may wait for the report of a late rank.
monotonic_time stages::next_interval_end(monotonic_time now) const {
    return now < interval_end_ ? interval_end_
                               : interval_end_ + progress_interval * ((now - interval_end_) / progress_interval + 1);
}

/// Waits until `until`, the end of the interval or a signal; collects snapshots; reports progress once a second.
void stages::step(stage at, monotonic_time until) {
    const auto begin = time_.now();
    auto wake = std::min(until, next_interval_end(begin));
    if (begin >= interval_end_) wake = std::min(wake, begin + poll_interval);
    bool woken = false;
    do {
        const auto now = time_.now();
        woken = signals_.wait_until(wake - now > generator_.next_deadline() ? now + generator_.next_deadline() : wake);
        generator_.poll();
    } while (!woken && !has_pending_stop() && time_.now() < wake);
    const auto remote = generator_.stop_requested();
    remote_stop_handled_ = remote.interrupt || remote.terminate;
    check_lost_ranks();
    aggregator_.add(generator_.collect(aggregator_.reported_until()));
    while (report_interval(at)) {}
}

/// Reports the progress of the next interval, unless it still lasts or a rank's report of it is late. False: not yet.
bool stages::report_interval(stage at) {
    const auto now = time_.now();
    if (now < interval_end_) return false;
    if (generator_.rank_count() == 1) {
        report_progress(at, now);
        interval_end_ = next_interval_end(now); // skips missed intervals
        return false;
    }
    const auto late = generator_.late_ranks(interval_end_);
    if (late != 0 && now < interval_end_ + max_report_delay) return false;
    aggregator_.add(generator_.collect(interval_end_));
    report_progress(at, interval_end_, late);
    interval_end_ += progress_interval;
    return true;
}

/// Stage at an instant; `latest`: the current one. An interval may be complete only when the next stage has begun.
stage stage_at(monotonic_time instant, stage latest, monotonic_time load_begin, monotonic_time load_end) {
    if (latest == stage::draining && instant < load_end) latest = stage::load;
    if (latest == stage::load && instant < load_begin) latest = stage::connecting;
    return latest;
}

void stages::report_progress(stage at, monotonic_time end, std::uint32_t late_ranks) {
    const auto begin = aggregator_.reported_until();
    const auto own = stage_at(begin + (end - begin) / 2, at, load_begin_, load_end_);
    callbacks_.on_progress(aggregator_.progress(own, start_, end, late_ranks));
}

result<void> stages::connect() {
    // All ranks are set up before any connects: the connect rate holds for all of them together.
    while (!generator_.idle() && aggregator_.latest().setup_error.empty() && !stop_requested())
        step(stage::connecting, time_.now() + poll_interval);
    if (aborted() && signal() == stop_signals::kind::none)
        return problems{"", abort_reason_}; // nothing is connected yet
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
    connect_elapsed_ = time_.now() - started_at;
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

void stages::run_sequence() {
    planned_load planned;
    while (!stop_requested()) {
        const auto next = sequence_->next();
        if (!next) break;
        planned = load_after(planned, *next, scenario_);
        generator_.set_load(planned);
        load();
        if (!aborted()) drain();
        aggregator_.add(generator_.collect(aggregator_.reported_until())); // requests that the drain has expired
        sequence_->on_load(without_warm_up(result_until(time_.now())));
    }
    stop_arrivals();
}

void stages::stop_arrivals() {
    if (!std::exchange(arrivals_stopped_, true)) generator_.stop_arrivals();
}

/// Of a load in a sequence, telemetry goes on.
bool stages::all_due() const {
    return sequence_ != nullptr ? aggregator_.sum().requests.due >= plan_.schedule().size()
                                : aggregator_.latest().all_due;
}

void stages::load() {
    const bool is_first = start_ == never;
    load_begin_ = time_.now() + generator_.start_delay();
    start_ = load_begin_ - plan_.begin_of_load();
    if (sequence_ != nullptr) aggregator_.begin_load(start_, is_first && sequence_->with_connects);
    generator_.begin_load(start_);
    interval_end_ = load_begin_; // an interval ends here, so that the following ones are whole seconds of the load
    while (!stop_requested() && time_.now() < load_begin_) step(stage::connecting, load_begin_);
    const auto end = start_ + plan_.end_of_load();
    if (sequence_ != nullptr) {
        const auto warmed_up = start_ + plan_.schedule().phase_start(1);
        while (!load_ends() && time_.now() < warmed_up) step(stage::load, warmed_up);
        aggregator_.end_warm_up();
    }
    do {
        // After the last due time shards that are late are polled more often.
        step(stage::load, time_.now() < end ? end : time_.now() + poll_interval);
        // Runs to the end of the last phase, even a pause: the pause is there to observe the fleet.
    } while (!load_ends() && (time_.now() < end || !generator_.idle() || !all_due()));
    if (sequence_ == nullptr || load_ends()) stop_arrivals();
    load_end_ = time_.now();
    aggregator_.end_load(load_end_);
}

/// No completion, late command or returning vehicle is awaited; if one were, ending now would count it as lost.
bool stages::nothing_pending() const {
    // Before a further load: what still comes belongs to no request of it, and telemetry goes on.
    const bool load_follows = sequence_ != nullptr && !arrivals_stopped_;
    return aggregator_.latest().in_flight == 0 && (load_follows || aggregator_.latest().awaited == 0);
}

void stages::drain() {
    const auto until = time_.now() + scenario_.load.drain;
    if (const auto& cause = aggregator_.early_end(); !cause.empty() && !stop_requested())
        callbacks_.on_notice(fmt::format("ended early after {}; draining what is in flight, at most {}", cause,
                                         format_duration(scenario_.load.drain)));
    if (stop_requested())
        callbacks_.on_notice(fmt::format("stopped: draining what is in flight, at most {}; {}",
                                         format_duration(scenario_.load.drain),
                                         signal() == stop_signals::kind::interrupt ? "Ctrl-C again ends at once"
                                                                                   : "a second signal ends the drain"));
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
    using reason = measure::run_result::end_reason;
    if (aborted()) return reason::aborted;
    const bool by_budget = signal() == stop_signals::kind::none && !aggregator_.early_end().empty();
    return by_budget ? reason::budget : end_reason_of(signal());
}

void stages::finish() {
    const auto await_idle = [this] {
        const auto until = time_.now() + max_stop_time;
        do {
            step(stage::draining, time_.now() + (generator_.idle() || !may_wait() ? 0s : poll_interval));
        } while (!generator_.idle() && may_wait() && time_.now() < until);
    };
    if (!aborted()) await_idle();
    const auto open = aggregator_.latest().in_flight;
    const auto sessions_requested = aggregator_.latest().sessions_planned;
    if (aborted())
        generator_.flush_records();
    else
        generator_.stop();
    await_idle();
    aggregator_.add(generator_.collect(never));
    if (!generator_.idle())
        abort_reason_ = aborted() ? abort_reason_ + "; what had not been reported by then is missing"
                                  : "not all ranks reported their results";
    const auto now = time_.now();
    report_progress(stage::done, now);
    auto result = result_until(now);
    result.sessions_planned = sessions_requested;
    result.left_open = open;
    callbacks_.on_finished(result);
}

measure::run_result stages::result_until(monotonic_time now) const {
    auto result = aggregator_.result(now);
    result.sessions_planned = aggregator_.latest().sessions_planned;
    result.left_open = aggregator_.latest().in_flight;
    result.connect_elapsed = connect_elapsed_;
    result.load_elapsed = load_end_ - load_begin_;
    result.ended = end_reason();
    if (aborted()) result.abort_reason = abort_reason_;
    result.aborted_after_interrupt = aborted() && signal() == stop_signals::kind::interrupt;
    result.generator.shards = generator_.shards();
    result.generator.ranks = generator_.rank_count();
    return result;
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
                   const linger_time& linger, const load_sequence* sequence) {
    const auto poll = [&all] { all.poll(); }; // other ranks send reports meanwhile
    if (const auto done = run_before_hooks(all, signals, poll); !done) return {done, false};
    // A stop during the hooks ends the run at once: there is little to clean up, and a hook may be what hangs.
    const bool hooks_done = !signals.any();
    stages load_stages(all, signals, callbacks, time, linger, sequence);
    const auto status = load_stages.run();
    if (status && !load_stages.aborted() && hooks_done)
        if (const auto done = run_after_hooks(all, poll); !done)
            callbacks.on_notice("after the load: " + to_string(done.error()));
    return {status, load_stages.aborted()};
}

} // namespace loadsim::run
