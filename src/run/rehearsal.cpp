#include <loadsim/run/rehearsal.hpp>

#include "allotment.hpp"
#include "interrupts.hpp"
#include "merging.hpp"
#include "outages.hpp"
#include "recovery.hpp"
#include "shared_plan.hpp"
#include "stand_in.hpp"
#include "witness.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/fleet/model_vehicles.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <fmt/format.h>

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

constexpr nanoseconds tick = 1s;
constexpr nanoseconds look = 100ms; ///< at the end, while something is waited for

/// The clock, as it stands before anything else is made.
manual_time clock_at(std::int64_t ms_since_epoch) {
    manual_time time;
    time.set(monotonic_time{std::chrono::milliseconds{ms_since_epoch}});
    return time;
}

/// The model of the platform speaks our own contract, and so do its vehicles.
shared_plan of_our_own(const scenario::document& scenario, const scenario::vocabulary& words) {
    shared_plan plan(scenario, words);
    plan.terms = &contract::terms::of_our_own();
    return plan;
}

class rehearsal final : private fleet::model_broker {
public:
    rehearsal(const scenario::document& scenario, const scenario::vocabulary& words, const rehearse_options& wanted,
              const interrupts& signals, const listener& tell)
        : scenario_(scenario), plan_(of_our_own(scenario, words)), signals_(signals), tell_(tell),
          time_(clock_at(wanted.ms_since_epoch)), wheel_(time_.now()),
          ledger_(
              plan_.names, [this](vehicle_id v) { return plan_.vin_of(v); }, scenario.load.unanswered_after,
              plan_.recording()),
          witness_(plan_, ledger_, time_), vehicles_(wheel_, time_, witness_, plan_.fleet_of({}), *this),
          platform_(make_stand_in(plan_, time_, wanted.ms_since_epoch, witness_,
                                  {.publish = [this](const auto& m) { published_.push_back(taken(m)); },
                                   .wake = [this](std::string_view vin, std::string_view) { wake(vin); }})),
          arrivals_(plan_, {}, ledger_, vehicles_, *platform_),
          outages_(scenario.conditions, plan_.schedule.duration()), start_(time_.now()), next_tick_(start_ + tick),
          merged_(plan_.schedule, start_),
          recoveries_(scenario.conditions, scenario.budgets, plan_.schedule.duration()) {}

    void run() {
        ledger_.set_start(start_);
        merged_.take(collect()); // while all are on line that ever were
        vehicles_.begin_load(start_);
        arrivals_.begin(start_);
        settle();
        next_arrival_ = arrivals_.take_due(start_);
        step(stage::load, start_ + plan_.end_of_load());
        arrivals_.cut();
        vehicles_.cut();
        outages_.cut();
        next_arrival_ = never;
        const auto until = time_.now() + scenario_.load.drain;
        do {
            step(stage::draining, time_.now() + look); // at least one: what comes twice often comes at once
        } while ((ledger_.open_count() > 0 || ledger_.missing_count() > 0 || passes_before(until)) &&
                 time_.now() < until);
        ledger_.give_up(time_.now(), time_.now());
        const auto open = ledger_.open_count();
        ledger_.finish(time_.now());
        vehicles_.stop();
        tell_progress(stage::done);
        tell_.finished(facts(open));
    }

private:
    /// A message of the platform that is at the broker.
    struct at_broker {
        std::string topic;
        std::string payload;
        std::uint8_t qos;
        monotonic_time expires;
    };
    struct word {
        std::string topic;
        std::string payload;
    };

    at_broker taken(const backend::platform_message& m) const {
        const auto expires = m.expires_in_s == 0 ? never : time_.now() + std::chrono::seconds{m.expires_in_s};
        return {m.topic, m.payload, m.qos, expires};
    }

    /// Until the instant, or a signal.
    void step(stage at, monotonic_time until) {
        while (time_.now() < until) {
            if (at == stage::load && signals_.asked() != interrupts::kind::none) return;
            advance(std::min(until, next_event()));
            if (time_.now() < next_tick_) continue;
            next_tick_ += tick;
            ledger_.give_up(time_.now() - scenario_.load.unanswered_after, time_.now());
            tell_progress(at);
        }
    }

    void tell_progress(stage at) {
        merged_.take(collect());
        const auto how_it_stands = merged_.progress(at, start_, time_.now());
        recoveries_.take(how_it_stands.load_elapsed, how_it_stands.interval);
        tell_.progressed(how_it_stands);
    }

    /// A condition that is over by then: whom it has struck may yet come back.
    bool passes_before(monotonic_time until) {
        const auto next = vehicles_.next_turn();
        return next && start_ + *next <= until;
    }

    monotonic_time next_event() const {
        const auto outage = outages_.next();
        return std::min(
            {wheel_.next(), platform_->next_due(), next_arrival_, next_tick_, outage ? start_ + *outage : never});
    }

    /// What happens at one instant, always in this order.
    void advance(monotonic_time now) {
        time_.set(std::max(now, time_.now())); // what is overdue is due
        take_outages();
        wheel_.advance(time_.now());
        settle();
        for (; next_arrival_ <= time_.now(); settle()) next_arrival_ = arrivals_.take_due(time_.now());
    }

    void take_outages() {
        while (const auto turn = outages_.take(time_.now() - start_)) {
            away_ = turn->begins;
            platform_->broker_is(away_ && turn->way == vehicle::condition::outage_way::restart);
            if (turn->begins)
                vehicles_.broker_goes(turn->condition, turn->occurrence, turn->way);
            else
                vehicles_.broker_returns(turn->condition);
        }
    }

    /// Messages go to and fro until nobody has anything more to say. What is at the broker while that is away waits.
    void settle() {
        for (;;) {
            platform_->run();
            if (away_ || (said_.empty() && published_.empty())) return;
            handed_out_.swap(published_);
            for (const auto& m : handed_out_) hand_out(m);
            handed_out_.clear();
            heard_.swap(said_);
            for (const auto& w : heard_) take_in(w);
            heard_.clear();
        }
    }

    void from_vehicle(vehicle_id, std::string_view, std::string_view topic, std::string_view payload) override {
        said_.push_back({std::string(topic), std::string(payload)});
    }

    void take_in(const word& w) {
        if (plan_.scenario.load.watch_words && plan_.scenario.load.driver == drive::kind::http) hear(w);
        platform_->receive(w.topic, w.payload);
    }

    /// As the observer does that watches words.
    void hear(const word& w) {
        const auto vin = contract::vin_of(w.topic);
        const auto v = vin ? plan_.vehicle_of(*vin) : std::nullopt;
        if (!v || !w.topic.starts_with(contract::response_topic(*vin, {}))) return;
        const auto said = contract::read_response(w.payload);
        if (said && said->seq > 0) ledger_.heard(*v, static_cast<std::uint64_t>(said->seq), said->id, time_.now());
    }

    void wake(std::string_view vin) {
        if (const auto v = plan_.vehicle_of(vin)) vehicles_.wake(*v);
    }

    void hand_out(const at_broker& m) {
        const auto vin = contract::vin_of(m.topic);
        const auto v = vin ? plan_.vehicle_of(*vin) : std::nullopt;
        if (vin && m.topic == contract::event_topic(*vin)) return observe(*vin, v, m.payload);
        if (v && m.topic.starts_with(contract::command_topic(*vin, {})))
            return vehicles_.deliver(*v, m.topic, m.payload, m.qos, m.expires);
        said_.push_back({m.topic, m.payload}); // as if a vehicle had said it
    }

    void observe(std::string_view vin, std::optional<vehicle_id> v, std::string_view payload) {
        const auto event = contract::read_event(payload);
        const auto end = event ? outcome_of(*event) : std::nullopt;
        if (!end)
            return ledger_.note(anomaly::malformed_payload, v, {}, "a message on the event topic that is no event",
                                time_.now());
        if (v) return ledger_.ended(*v, event->id, *end, event->reason, time_.now());
        ledger_.note(anomaly::end_unknown, std::nullopt, event->id,
                     fmt::format("{} was announced for vehicle {}, which is not ours", to_string(*end), vin),
                     time_.now());
    }

    measure::snapshot collect() {
        measure::snapshot s;
        s.seen = ledger_.take();
        auto seen = vehicles_.take();
        s.seen.sessions = std::move(seen.sessions);
        s.seen.recoveries = std::move(seen.recoveries);
        s.seen.messages.published = vehicles_.published() - std::exchange(published_before_, vehicles_.published());
        s.seen.messages.received = vehicles_.received() - std::exchange(received_before_, vehicles_.received());
        s.sessions_asked = vehicles_.asked();
        s.sessions_online = vehicles_.online();
        s.in_flight = ledger_.open_count();
        s.all_due = arrivals_.all_due();
        s.driver_ready = true;
        s.cpu_s = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
        return s;
    }

    measure::run_facts facts(std::uint64_t open) const {
        measure::run_facts f;
        f.how = measure::mode::rehearsal;
        f.scenario = scenario_.name;
        f.seed = scenario_.seed;
        f.started = begun_wall_;
        f.elapsed = time_.now() - start_;
        f.lag_limit = scenario_.load.lag_limit;
        f.planned = plan_.schedule.size();
        f.sessions_asked = vehicles_.asked();
        f.sessions_peak = merged_.sessions_peak();
        f.left_open = open;
        using ending = measure::run_facts::ending;
        switch (signals_.asked()) {
        case interrupts::kind::interrupt: f.ended = ending::interrupted; break;
        case interrupts::kind::terminate: f.ended = ending::terminated; break;
        case interrupts::kind::none: break;
        }
        f.sum = merged_.sum();
        f.recoveries = recoveries_.made(f.sum);
        f.generator = {.cpu_s = merged_.latest().cpu_s, .rss_bytes = 0, .shards = 1, .ranks = 1};
        return f;
    }

    const scenario::document& scenario_;
    const shared_plan plan_;
    const interrupts& signals_;
    const listener& tell_;
    const std::chrono::system_clock::time_point begun_wall_ = std::chrono::system_clock::now();
    manual_time time_;
    net::timer_wheel wheel_;
    measure::ledger ledger_;
    witness witness_;
    std::vector<word> said_;
    std::vector<word> heard_;
    std::vector<at_broker> published_;
    std::vector<at_broker> handed_out_;
    fleet::model_vehicles vehicles_;
    std::unique_ptr<stand_in> platform_;
    allotment arrivals_;
    outages outages_;
    bool away_ = false;
    const monotonic_time start_;
    monotonic_time next_tick_;
    monotonic_time next_arrival_ = never;
    merging merged_;
    recoveries recoveries_;
    std::uint64_t published_before_ = 0;
    std::uint64_t received_before_ = 0;
};

} // namespace

result<void> rehearse(const scenario::document& scenario, const rehearse_options& wanted, const listener& tell) {
    tell.said("in simulated time, against a model of the platform: nothing is connected");
    const auto words = scenario::learn(scenario);
    if (!words) return words.error();
    const interrupts signals(false);
    rehearsal(scenario, *words, wanted, signals, tell).run();
    return {};
}

} // namespace loadsim::run
