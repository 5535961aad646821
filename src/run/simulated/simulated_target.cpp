#include "simulated/simulated_target.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace loadsim::run {
namespace {

/// Adds all services of the load, as a real platform would provide them; routes both wake-up bearers to the rehearsal.
backend::options backend_options(const run_plan& plan) {
    auto wanted = plan.scenario.target.backend;
    for (const auto& requested : plan.labels.platform_services)
        if (std::ranges::find(wanted.services, requested, &backend::service::name) == wanted.services.end())
            wanted.services.push_back({.name = requested, .limits = {}});
    wanted.wakeup.udp = wanted.wakeup.sms = "rehearsal";
    return wanted;
}

/// Simulated target with the embedded backend's core.
class simulated_backend_target final : public simulated_target {
public:
    simulated_backend_target(const run_plan& plan, const time_source& time, std::int64_t ms_since_epoch,
                             loadsim::driver::driver_events& events, backend::simulated_io io)
        : time_(time), events_(events), backend_(backend_options(plan), time, ms_since_epoch,
                                                 static_cast<std::uint32_t>(plan.scenario.seed), std::move(io)) {}

    void send(request_key key, std::string_view vin, const loadsim::driver::service_request& wanted) override {
        const auto now = time_.now();
        events_.on_sent(key, now);
        const auto created = backend_.create(vin, wanted.name);
        created.accepted ? events_.on_accepted(key, created.id, now) : events_.on_rejected(key, created.reason, now);
    }
    void receive(std::string_view topic, std::string_view payload) override { backend_.receive(topic, payload); }
    void run() override { backend_.run(); }
    monotonic_time next_due() const override { return backend_.next_due(); }
    void set_broker_down(bool) override {} // the outbox keeps the messages

private:
    const time_source& time_;
    loadsim::driver::driver_events& events_;
    backend::simulated_backend backend_;
};

/// Simulated target of the mqtt driver: commands go directly to the vehicles; their final responses complete requests.
class simulated_broker_target final : public simulated_target {
public:
    simulated_broker_target(const scenario::scenario_config& scenario, const time_source& time,
                            loadsim::driver::driver_events& events, backend::simulated_io io)
        : deadline_(scenario.load.mqtt.deadline), time_(time), events_(events), io_(std::move(io)) {}

    void send(request_key key, std::string_view vin, const loadsim::driver::service_request& wanted) override {
        const auto now = time_.now();
        if (broker_down_) return events_.on_errored(key, "mqtt: the driver's session is not connected", now);
        auto id = fmt::format("rehearsal-{}", ++sent_);
        events_.on_sent(key, now);
        events_.on_accepted(key, id, now);
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
        const backend::command command{.id = id, .service = std::string(wanted.name), .ts_ms = ms};
        io_.publish({.topic = backend::command_topic(vin, wanted.name), .payload = to_json(command)});
        open_requests_.emplace(id, request{key.vehicle});
        deadlines_.push_back({now + deadline_, std::move(id)});
    }

    void receive(std::string_view, std::string_view payload) override {
        const auto response = backend::read_response(payload);
        if (!response) return events_.on_malformed();
        if (response->phase != backend::response::phase_kind::final) return;
        const auto found = open_requests_.find(response->id);
        if (found == open_requests_.end()) return; // expired, or not sent by this run
        events_.on_completed(found->second.vehicle, response->id, response->ok ? outcome::executed : outcome::failed,
                             response->code, time_.now());
        found->second.ended = true;
    }

    void run() override {
        for (const auto now = time_.now(); !deadlines_.empty() && deadlines_.front().at <= now;
             deadlines_.pop_front()) {
            const auto expired = open_requests_.extract(deadlines_.front().id);
            if (!expired.mapped().ended)
                events_.on_completed(expired.mapped().vehicle, expired.key(), outcome::timed_out,
                                     "no final response in time", now);
        }
    }
    monotonic_time next_due() const override { return deadlines_.empty() ? never : deadlines_.front().at; }
    void set_broker_down(bool down) override { broker_down_ = down; }

private:
    struct request {
        vehicle_id vehicle;
        bool ended = false;
    };
    struct request_deadline {
        monotonic_time at;
        std::string id;
    };
    const nanoseconds deadline_;
    const time_source& time_;
    loadsim::driver::driver_events& events_;
    backend::simulated_io io_;
    std::uint64_t sent_ = 0;
    std::unordered_map<std::string, request> open_requests_; ///< until the deadline: duplicates are reported
    std::deque<request_deadline> deadlines_;                 ///< in order: all requests have the same deadline
    bool broker_down_ = false;
};

} // namespace

std::unique_ptr<simulated_target> make_simulated_target(const run_plan& plan, const time_source& time,
                                                        std::int64_t ms_since_epoch,
                                                        loadsim::driver::driver_events& events,
                                                        backend::simulated_io io) {
    if (plan.scenario.load.driver == driver::kind::mqtt)
        return std::make_unique<simulated_broker_target>(plan.scenario, time, events, std::move(io));
    return std::make_unique<simulated_backend_target>(plan, time, ms_since_epoch, events, std::move(io));
}

} // namespace loadsim::run
