#include <loadsim/run/rehearsal.hpp>

#include "aggregator.hpp"
#include "process/outage_schedule.hpp"
#include "sequence_load.hpp"
#include "shard/arrival_dispatcher.hpp"
#include "shard/event_recorder.hpp"
#include "shard/open_requests.hpp"
#include "simulated/simulated_target.hpp"
#include "stages.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/external_programs.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/fleet/simulated_fleet.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;
using measure::stage;

/// The simulated clock, set before any other member is constructed.
manual_time clock_at(std::int64_t ms_since_epoch) {
    manual_time time;
    time.set(monotonic_time{std::chrono::milliseconds{ms_since_epoch}});
    return time;
}

/// The plan with the built-in contract, which the simulated backend and vehicles use. Its topics have the service in one level.
run_plan simulated_plan(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled) {
    run_plan plan(scenario, compiled);
    plan.message_contract = &contract::message_contract::built_in();
    for (auto& service : plan.labels.platform_services) service = percent_encode(service, url_part::component);
    return plan;
}

/// A rehearsal leaves the databases of real runs alone.
fleet::fleet_spec simulated_fleet_spec(const run_plan& plan, fleet::external_programs* programs) {
    auto spec = plan.fleet_spec_of({});
    spec.store_on_disk = false;
    spec.programs = programs;
    return spec;
}

/// External programs, which need the machine's time: simulated time stands still until one has answered.
class rehearsed_programs {
public:
    explicit rehearsed_programs(const std::vector<program_options>& all) {
        if (all.empty()) return;
        loop_.emplace(time_);
        programs_ = fleet::make_external_programs(*loop_, all, fleet::answer_wait::blocking);
    }

    /// Null: no vehicle asks one.
    fleet::external_programs* get() const { return programs_.get(); }

    /// Empty: all run.
    std::string start() {
        std::string error;
        if (programs_) programs_->start([&error](const std::string& why) { error = why; });
        return error;
    }
    void stop() {
        if (programs_) programs_->stop([] {});
    }
    measure::program_counts take_counts() { return programs_ ? programs_->take_counts() : measure::program_counts{}; }

private:
    steady_time time_;
    std::optional<net::loop> loop_;
    std::unique_ptr<fleet::external_programs> programs_;
};

class rehearsal final : private fleet::uplink_sink {
public:
    rehearsal(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled,
              const rehearse_options& wanted, const stop_signals& signals, const listener& callbacks)
        : scenario_(scenario), plan_(simulated_plan(scenario, compiled)), signals_(signals), callbacks_(callbacks),
          time_(clock_at(wanted.ms_since_epoch)), wheel_(time_.now()),
          ledger_(
              plan_.labels, [this](vehicle_id v) { return plan_.vin_of(v); }, scenario.load.completion_timeout,
              plan_.recording()),
          recorder_(plan_, ledger_, time_), programs_(plan_.programs()),
          vehicles_(fleet::make_simulated_fleet([this](net::timer& t, monotonic_time when) { wheel_.arm(t, when); },
                                                time_, recorder_, simulated_fleet_spec(plan_, programs_.get()), *this)),
          target_(
              make_simulated_target(plan_, time_, wanted.ms_since_epoch, recorder_,
                                    {.publish = [this](const auto& m) { downlink_.push_back(to_broker_message(m)); },
                                     .send_trigger = [this](std::string_view vin, std::string_view) { wake(vin); }})),
          dispatcher_(plan_, {}, {}, ledger_, *vehicles_, *target_, time_),
          outage_schedule_(scenario.conditions, plan_.schedule().duration()), start_(time_.now()), load_start_(start_),
          interval_end_(start_ + progress_interval), aggregator_(plan_, {callbacks.started.utc, start_}) {
        recorder_.set_dispatcher(dispatcher_);
    }

    /// `sequence`: its loads take the place of the scenario's; null: none. Errors: an external program cannot be started.
    result<void> run(const load_sequence* sequence) {
        if (const auto error = programs_.start(); !error.empty()) {
            programs_.stop();
            return problems{"", error};
        }
        ledger_.set_start(start_);
        aggregator_.add(collect()); // first snapshot: all vehicles are online
        aggregator_.begin_online();
        vehicles_->begin_load(start_);
        if (sequence != nullptr) {
            run_sequence(*sequence);
            end_arrivals();
        } else {
            begin_load();
            step(stage::load, load_start_ + plan_.end_of_load());
            end_load();
            end_arrivals();
            drain(false);
        }
        const auto open = ledger_.open_count();
        ledger_.finish(time_.now());
        vehicles_->stop();
        programs_.stop();
        report_progress(stage::done);
        auto result = result_so_far();
        result.left_open = open;
        callbacks_.on_finished(result);
        return {};
    }

private:
    /// A message of the platform that waits at the broker.
    struct broker_message {
        std::string topic;
        std::string payload;
        std::uint8_t qos;
        monotonic_time expires;
    };
    struct uplink_message {
        std::string topic;
        std::string payload;
    };

    broker_message to_broker_message(const backend::published_message& m) const {
        const auto expires = m.expires_in_s == 0 ? never : time_.now() + std::chrono::seconds{m.expires_in_s};
        return {m.topic, m.payload, m.qos, expires};
    }

    void run_sequence(const load_sequence& sequence) {
        bool is_first = true;
        planned_load planned;
        while (signals_.requested() == stop_signals::kind::none) {
            const auto next = sequence.next();
            if (!next) return;
            planned = load_after(planned, *next, scenario_);
            plan_.current_load = planned;
            aggregator_.begin_load(time_.now(), std::exchange(is_first, false) && sequence.with_connects);
            begin_load();
            step(stage::load, load_start_ + next->warm_up);
            aggregator_.add(collect());
            aggregator_.end_warm_up();
            step(stage::load, load_start_ + plan_.end_of_load());
            end_load();
            drain(true);
            aggregator_.add(collect());
            sequence.on_load(without_warm_up(result_so_far()));
        }
    }

    void begin_load() {
        load_start_ = time_.now();
        dispatcher_.begin(load_start_, plan_.current_load);
        exchange_messages();
        next_arrival_ = dispatcher_.dispatch_due();
    }

    void end_load() {
        dispatcher_.stop();
        load_end_ = time_.now();
        aggregator_.end_load(load_end_);
        next_arrival_ = never;
    }

    void end_arrivals() {
        vehicles_->end_load();
        outage_schedule_.cancel_pending();
    }

    /// `load_follows`: as in stages, only requests in flight are awaited.
    void drain(bool load_follows) {
        const auto until = time_.now() + scenario_.load.drain;
        const auto is_pending = [&] {
            if (ledger_.open_count() > 0 || load_follows) return ledger_.open_count() > 0;
            return ledger_.missing_count() > 0 || vehicles_->returning() > 0 || vehicles_->awaits_telemetry() ||
                   condition_ends_before(until);
        };
        do {
            step(stage::draining, time_.now() + poll_interval); // at least once: duplicates often arrive immediately
        } while (is_pending() && time_.now() < until);
        ledger_.expire_all(time_.now());
    }

    measure::run_result result_so_far() {
        auto result = aggregator_.result(time_.now());
        result.mode = measure::run_mode::rehearsal;
        result.sessions_planned = vehicles_->expected_online();
        result.left_open = ledger_.open_count();
        result.load_elapsed = load_end_ - load_start_;
        result.ended = end_reason_of(signals_.requested());
        if (result.ended == measure::run_result::end_reason::complete && !aggregator_.early_end().empty())
            result.ended = measure::run_result::end_reason::budget;
        return result;
    }

    /// Advances to `until`; a stop signal or a budget ends the load early.
    void step(stage at, monotonic_time until) {
        while (time_.now() < until) {
            const bool stops = signals_.requested() != stop_signals::kind::none || !aggregator_.early_end().empty();
            if (at == stage::load && stops) return;
            advance(std::min(until, next_event()));
            if (time_.now() < interval_end_) continue;
            interval_end_ += progress_interval;
            ledger_.expire_requests(time_.now());
            report_progress(at);
        }
    }

    void report_progress(stage at) {
        aggregator_.add(collect());
        callbacks_.on_progress(aggregator_.progress(at, load_start_, time_.now()));
    }

    /// A condition ends before `until`: its vehicles may still come back.
    bool condition_ends_before(monotonic_time until) {
        const auto is_before = [&](std::optional<nanoseconds> next) { return next && start_ + *next <= until; };
        return is_before(vehicles_->next_condition_event()) || is_before(outage_schedule_.next());
    }

    monotonic_time next_event() const {
        const auto outage = outage_schedule_.next();
        return std::min(
            {wheel_.next(), target_->next_due(), next_arrival_, interval_end_, outage ? start_ + *outage : never});
    }

    /// Runs all events of one instant, always in this order.
    void advance(monotonic_time now) {
        time_.set(std::max(now, time_.now())); // an overdue event runs now
        apply_outages();
        wheel_.advance(time_.now());
        exchange_messages();
        for (; next_arrival_ <= time_.now(); exchange_messages()) next_arrival_ = dispatcher_.dispatch_due();
    }

    void apply_outages() {
        while (const auto event = outage_schedule_.take_due(time_.now() - start_)) {
            broker_down_ = event->begins;
            target_->set_broker_down(broker_down_ && event->mode == vehicle::condition::outage_mode::restart);
            if (event->begins)
                vehicles_->on_broker_down(event->condition, event->occurrence);
            else
                vehicles_->on_broker_up(event->condition);
        }
    }

    /// Exchanges messages until none is left. While the broker is down, messages stay queued at the broker.
    void exchange_messages() {
        for (;;) {
            target_->run();
            if (broker_down_ || (uplink_.empty() && downlink_.empty())) return;
            downlink_batch_.swap(downlink_);
            for (const auto& m : downlink_batch_) deliver_downlink(m);
            downlink_batch_.clear();
            uplink_batch_.swap(uplink_);
            for (const auto& w : uplink_batch_) deliver_uplink(w);
            uplink_batch_.clear();
        }
    }

    void on_vehicle_message(vehicle_id, std::string_view, std::string_view topic, std::string_view payload) override {
        uplink_.push_back({std::string(topic), std::string(payload)});
    }

    void deliver_uplink(const uplink_message& w) {
        if (plan_.scenario.load.check_response_sequence && plan_.scenario.load.driver == driver::kind::http)
            check_sequence(w);
        target_->receive(w.topic, w.payload);
    }

    /// Sequence check of a response, as by the mqtt observer with checkResponseSequence.
    void check_sequence(const uplink_message& w) {
        const auto vin = backend::vin_of(w.topic);
        const auto v = vin ? plan_.vehicle_of(*vin) : std::nullopt;
        if (!v || !w.topic.starts_with(backend::response_topic(*vin, {}))) return;
        const auto response = backend::read_response(w.payload);
        if (response && response->seq > 0)
            ledger_.response_observed(*v, static_cast<std::uint64_t>(response->seq), response->id, time_.now());
    }

    void wake(std::string_view vin) {
        if (const auto v = plan_.vehicle_of(vin)) vehicles_->wake(*v);
    }

    void deliver_downlink(const broker_message& m) {
        const auto vin = backend::vin_of(m.topic);
        const auto v = vin ? plan_.vehicle_of(*vin) : std::nullopt;
        if (vin && m.topic == backend::event_topic(*vin)) return on_event(*vin, v, m);
        if (v && m.topic.starts_with(backend::command_topic(*vin, {})))
            return vehicles_->deliver(
                *v, {.topic = m.topic, .payload = m.payload, .headers = {}, .qos = m.qos, .expires = m.expires});
        uplink_.push_back({m.topic, m.payload}); // any other topic: handled like a vehicle's response
    }

    void on_event(std::string_view vin, std::optional<vehicle_id> v, const broker_message& m) {
        const auto event = backend::read_event(m.payload);
        const auto end = event ? outcome_of(*event) : std::nullopt;
        if (!end)
            return ledger_.record_anomaly(anomaly::malformed_payload, v, {},
                                          "a message on the event topic that is no event", time_.now());
        recorder_.on_completion(v, {.vin = std::string(vin),
                                    .request = event->id,
                                    .final_outcome = *end,
                                    .reason = event->reason,
                                    .at = time_.now(),
                                    .message = contract::event_message::of(m.topic, m.payload)});
    }

    measure::snapshot collect() {
        measure::snapshot s;
        s.counts = ledger_.take_counts();
        auto counts = vehicles_->take_counts();
        s.counts.sessions = std::move(counts.sessions);
        s.counts.recoveries = std::move(counts.recoveries);
        s.counts.messages = counts.messages;
        s.counts.telemetry = std::move(counts.telemetry);
        s.counts.backlogs = std::move(counts.backlogs);
        s.counts.programs = programs_.take_counts();
        s.sessions_planned = vehicles_->expected_online();
        s.sessions_online = vehicles_->online();
        s.vehicles = vehicles_->states();
        s.vehicles.busy = ledger_.busy_count();
        s.in_flight = ledger_.open_count();
        s.over_limit = open_requests_over_limit(ledger_, plan_.recovery_budget, plan_.labels, time_.now());
        s.all_due = dispatcher_.all_due() && vehicles_->all_telemetry_due();
        s.driver_ready = true;
        s.cpu_s = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
        measure::mask_secrets(s);
        return s;
    }

    const scenario::scenario_config& scenario_;
    run_plan plan_;
    const stop_signals& signals_;
    const listener& callbacks_;
    manual_time time_;
    net::timer_wheel wheel_;
    measure::ledger ledger_;
    event_recorder recorder_;
    std::vector<uplink_message> uplink_;
    std::vector<uplink_message> uplink_batch_;
    std::vector<broker_message> downlink_;
    std::vector<broker_message> downlink_batch_;
    rehearsed_programs programs_;
    std::unique_ptr<fleet::vehicles> vehicles_;
    std::unique_ptr<simulated_target> target_;
    arrival_dispatcher dispatcher_;
    outage_schedule outage_schedule_;
    bool broker_down_ = false;
    const monotonic_time start_; ///< of the first load
    monotonic_time load_start_;  ///< of the current load
    monotonic_time load_end_{};
    monotonic_time interval_end_;
    monotonic_time next_arrival_ = never;
    aggregator aggregator_;
};

} // namespace

namespace {

result<void> run_simulated(const scenario::scenario_config& scenario, const rehearse_options& wanted,
                           const listener& callbacks, const load_sequence* sequence) {
    if (!scenario.taps.empty())
        return problems{"taps", "a rehearsal connects to nothing, so that a tap has nothing to consume; leave the taps "
                                "out, or run the scenario"};
    callbacks.on_notice("in simulated time, against a model of the platform: nothing is connected");
    const auto compiled = scenario::compile(scenario);
    if (!compiled) return compiled.error();
    const auto signals = handle_stop_signals(false);
    return rehearsal(scenario, *compiled, wanted, *signals, callbacks).run(sequence);
}

} // namespace

result<void> rehearse(const scenario::scenario_config& scenario, const rehearse_options& wanted,
                      const listener& callbacks) {
    return run_simulated(scenario, wanted, callbacks, nullptr);
}

result<void> rehearse_loads(const scenario::scenario_config& scenario, const rehearse_options& wanted,
                            const listener& callbacks, const load_sequence& sequence) {
    return run_simulated(scenario, wanted, callbacks, &sequence);
}

} // namespace loadsim::run
