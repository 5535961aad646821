#include "stand_in.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace loadsim::run {
namespace {

/// A real platform serves what its scenario asks for, whatever is said of an embedded one; and every bearer leads to us.
backend::options backend_of(const scenario::document& scenario) {
    auto wanted = scenario.target.backend;
    for (const auto& asked : scenario.load.services)
        if (std::ranges::find(wanted.services, asked.name, &backend::service::name) == wanted.services.end())
            wanted.services.push_back({.name = asked.name, .limits = {}});
    wanted.wake.udp = wanted.wake.sms = "rehearsal";
    return wanted;
}

/// Over the reference backend's core.
class backend_stand_in final : public stand_in {
public:
    backend_stand_in(const scenario::document& scenario, const time_source& time, std::int64_t ms_since_epoch,
                     drive::driver_events& events, backend::model_edges edges)
        : time_(time), events_(events), model_(backend_of(scenario), time, ms_since_epoch,
                                               static_cast<std::uint32_t>(scenario.seed), std::move(edges)) {}

    void send(request_key key, std::string_view vin, std::string_view service) override {
        const auto now = time_.now();
        events_.on_sent(key, now);
        const auto answer = model_.create(vin, service);
        answer.accepted ? events_.on_accepted(key, answer.id, now) : events_.on_rejected(key, answer.why, now);
    }
    void receive(std::string_view topic, std::string_view payload) override { model_.receive(topic, payload); }
    void run() override { model_.run(); }
    monotonic_time next_due() const override { return model_.next_due(); }
    void broker_is(bool) override {} // its outbox waits

private:
    const time_source& time_;
    drive::driver_events& events_;
    backend::model model_;
};

/// As the mqtt driver: commands go straight to the vehicles, and their last words are the ends.
class broker_stand_in final : public stand_in {
public:
    broker_stand_in(const scenario::document& scenario, const time_source& time, drive::driver_events& events,
                    backend::model_edges edges)
        : deadline_(scenario.load.mqtt.deadline), time_(time), events_(events), edges_(std::move(edges)) {}

    void send(request_key key, std::string_view vin, std::string_view service) override {
        const auto now = time_.now();
        if (away_) return events_.on_errored(key, "mqtt: the driver's session is not connected", now);
        auto id = fmt::format("rehearsal-{}", ++sent_);
        events_.on_sent(key, now);
        events_.on_accepted(key, id, now);
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
        const contract::command command{.id = id, .service = std::string(service), .ts_ms = ms};
        edges_.publish({.topic = contract::command_topic(vin, service), .payload = to_json(command)});
        open_.emplace(id, request{key.vehicle});
        overdue_.push_back({now + deadline_, std::move(id)});
    }

    void receive(std::string_view, std::string_view payload) override {
        const auto said = contract::read_response(payload);
        if (!said) return events_.on_malformed();
        if (said->at != contract::response::phase::final) return;
        const auto known = open_.find(said->id);
        if (known == open_.end()) return; // given up, or not ours
        events_.on_ended(known->second.vehicle, said->id, said->ok ? outcome::executed : outcome::failed, said->code,
                         time_.now());
        known->second.ended = true;
    }

    void run() override {
        for (const auto now = time_.now(); !overdue_.empty() && overdue_.front().at <= now; overdue_.pop_front()) {
            const auto one = open_.extract(overdue_.front().id);
            if (!one.mapped().ended)
                events_.on_ended(one.mapped().vehicle, one.key(), outcome::timed_out, "no final word in time", now);
        }
    }
    monotonic_time next_due() const override { return overdue_.empty() ? never : overdue_.front().at; }
    void broker_is(bool away) override { away_ = away; }

private:
    struct request {
        vehicle_id vehicle;
        bool ended = false;
    };
    struct limit {
        monotonic_time at;
        std::string id;
    };
    const nanoseconds deadline_;
    const time_source& time_;
    drive::driver_events& events_;
    backend::model_edges edges_;
    std::uint64_t sent_ = 0;
    std::unordered_map<std::string, request> open_; ///< until the deadline: a final word that comes twice is told twice
    std::deque<limit> overdue_;                     ///< in order, for the deadline is the same for all
    bool away_ = false;
};

} // namespace

std::unique_ptr<stand_in> make_stand_in(const shared_plan& plan, const time_source& time, std::int64_t ms_since_epoch,
                                        drive::driver_events& events, backend::model_edges edges) {
    if (plan.scenario.load.driver == drive::kind::mqtt)
        return std::make_unique<broker_stand_in>(plan.scenario, time, events, std::move(edges));
    return std::make_unique<backend_stand_in>(plan.scenario, time, ms_since_epoch, events, std::move(edges));
}

} // namespace loadsim::run
