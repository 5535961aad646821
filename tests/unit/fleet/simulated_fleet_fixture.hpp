// Test fixture of the simulated fleet: manual time and a recording platform.
#pragma once

#include "simulated_fleet/simulated_fleet.hpp"
#include "telemetry/example_trips.hpp"
#include "vehicle/step_builders.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/telemetry/signals.hpp>
#include <loadsim/telemetry/vehicle_model.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/delay.hpp>
#include <loadsim/vehicle/registry.hpp>
#include <loadsim/vehicle/segment.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::fleet::simulation_test {

using namespace std::chrono_literals;
using vehicle::condition;
using vehicle::disconnect_with;
using vehicle::respond_with;
using vehicle::response_step;
using vehicle::simple_step;
using vehicle::step;
using vehicle::wait_for;
using kind = vehicle::step::kind;

inline vehicle::delay exactly(nanoseconds d) { return {vehicle::delay::kind::fixed, d, 0s, {}}; }
inline step respond_with(response_step w) {
    return {.type = kind::respond, .duration = {}, .delay_name = {}, .response = std::move(w), .branches = {}};
}

inline vehicle::behaviour make_behaviour(std::vector<step> steps) {
    vehicle::behaviour b;
    b.name = "tested";
    b.steps = std::move(steps);
    return b;
}

inline condition make_condition(condition::kind what, nanoseconds at, nanoseconds lasts = 0s) {
    condition c;
    c.name = std::string(to_string(what));
    c.type = what;
    c.start = at;
    c.duration.a = lasts;
    return c;
}

/// Inputs of a fleet in manual time, and a receiver that records its events. Times are in milliseconds since the load's start.
class fleet_inputs : public testing::Test, private fleet::vehicle_events {
protected:
    void prepare(std::uint32_t vehicles) {
        options_.vehicles = vehicles;
        if (behaviours_.empty()) behaviours_.push_back(make_behaviour({respond_with(response_step::kind::executed)}));
        if (options_.segments.empty()) options_.segments.push_back({"all", {1}, behaviours_.front().name});
        for (const auto& s : options_.segments) names_.push_back(s.name);
        segments_ = std::make_unique<vehicle::segmentation>(seed, vehicles, options_.segments);
        time_.set(start);
        wheel_ = std::make_unique<net::timer_wheel>(start);
        registry_ = std::make_unique<vehicle::registry>(options_.vin, vehicles);
        variables_.resize(names_.size());
        if (segment_groups_.empty()) {
            segment_groups_.resize(names_.size());
            for (auto& groups : segment_groups_)
                for (std::uint32_t g = 0; g < options_.telemetry.groups.size(); ++g) groups.push_back(g);
        }
        for (const auto& g : options_.telemetry.groups) compile_telemetry(g.message);
        for (const auto& a : options_.telemetry.alarms) compile_telemetry(a.message);
        if (!telemetry_messages_.empty())
            model_ = std::make_unique<telemetry::vehicle_model>(options_.trips.value_or(parked()), seed);
    }

    /// A telemetry group of all segments, unless segment_groups_ says otherwise. Its topic is "tlm/NAME".
    void add_group(const std::string& name, telemetry::state_periods every, std::uint8_t qos = 1,
                   const std::string& payload = "{seq}") {
        options_.telemetry.groups.push_back(
            {.name = name, .every = every, .jitter = {0}, .message = telemetry_message(name, qos, payload)});
    }
    void add_alarm(const std::string& name, rate r, std::uint8_t qos = 1) {
        options_.telemetry.alarms.push_back(
            {.name = name, .rate = r, .message = telemetry_message(name, qos, "{seq}")});
    }

    fleet::vehicle_events& events() { return *this; }
    fleet::fleet_spec spec() const {
        return {.options = options_,
                .message_contract = contract_ ? *contract_ : contract::message_contract::built_in(),
                .registry = *registry_,
                .template_symbols = symbols_,
                .seed = seed,
                .segments = *segments_,
                .segment_names = names_,
                .segment_variables = variables_,
                .behaviours = behaviours_,
                .conditions = conditions_,
                .campaigns = campaigns_,
                .shard_partition = share_,
                .load_duration = load_duration_,
                .telemetry_messages = telemetry_messages_,
                .segment_groups = segment_groups_,
                .rate_factors = rate_factors_,
                .vehicle_model = model_.get()};
    }

    void run_to(nanoseconds t) {
        for (auto next = wheel_->next(); next <= start + t; next = wheel_->next()) {
            time_.set(next);
            wheel_->advance(next);
        }
        time_.set(start + t);
        wheel_->advance(start + t);
    }

    std::string vin(std::uint32_t v) const { return vehicle::vin_of(options_.vin, vehicle_id{v}); }
    double elapsed_ms() const { return milliseconds(time_.now() - start); }

    static constexpr std::uint64_t seed = 5;
    static constexpr monotonic_time start{1'700'000'000s};
    manual_time time_;
    std::unique_ptr<net::timer_wheel> wheel_;
    fleet::options options_;
    std::vector<vehicle::behaviour> behaviours_;
    std::vector<condition> conditions_;
    std::vector<std::vector<std::uint32_t>> segment_groups_; ///< empty: all groups of each segment
    telemetry::rate_factors rate_factors_;
    nanoseconds load_duration_ = 1000s;
    fleet_partition share_;
    std::optional<contract::message_contract> contract_; ///< none: the built-in contract
    std::map<std::string, arrival_id> arrivals_;         ///< requests of an arrival
    std::set<std::string> delivered_;                    ///< delivered commands

    std::vector<std::string> events_;       ///< "delivered r1 at 0", "acked ...", "finished ...", "executed ..."
    std::vector<std::string> messages_;     ///< messages of on_message(): "up r1 at 20"
    std::vector<std::string> reachability_; ///< "unreachable at 0", "reachable at 0"
    std::uint32_t availability_changes_ = 0;
    std::vector<std::string> executions_; ///< "begin at 0", "end at 10"
    std::vector<std::string> session_events_;
    std::vector<std::string> condition_events_; ///< "0 at 10", "0 passed at 20"

private:
    static contract::message_options telemetry_message(const std::string& name, std::uint8_t qos,
                                                       const std::string& payload) {
        return {.topic = "tlm/" + name, .payload = {.text = payload}, .qos = qos};
    }

    void compile_telemetry(const contract::message_options& message) {
        std::vector<std::string> pointers;
        telemetry_messages_.push_back(
            contract::message_template::compile(
                message, contract::symbols_in(contract::template_scope::telemetry, symbols_, {}), pointers, "tested")
                .value());
    }

    static telemetry::trip_options parked() {
        telemetry::trip_options made;
        made.routes = example::routes();
        return made;
    }

    static contract::scenario_symbols vehicle_symbols() {
        contract::scenario_symbols made;
        for (const auto& s : telemetry::signal_table()) made.signals.emplace_back(s.name);
        return made;
    }

    void record_event(const char* what, std::string_view request) {
        events_.push_back(fmt::format("{} {} at {}", what, request, elapsed_ms()));
    }

    fleet::command_info on_delivered(vehicle_id, const contract::message_contract::parsed_command& command,
                                     monotonic_time, bool retained) override {
        const auto& request = command.id;
        record_event(retained ? "delivered, retained," : "delivered", request);
        const auto arrival = arrivals_.find(request);
        return {.first_delivery = delivered_.insert(request).second,
                .arrival = arrival == arrivals_.end() ? std::nullopt : std::optional{arrival->second}};
    }
    void on_acked(vehicle_id, std::string_view r, monotonic_time) override { record_event("acked", r); }
    void on_finished(vehicle_id, std::string_view r, outcome, std::string_view, monotonic_time) override {
        record_event("finished", r);
    }
    void on_executed(vehicle_id, std::string_view r, monotonic_time) override { record_event("executed", r); }
    void on_execution_begin(vehicle_id) override { executions_.push_back(fmt::format("begin at {}", elapsed_ms())); }
    void on_execution_end(vehicle_id) override { executions_.push_back(fmt::format("end at {}", elapsed_ms())); }
    void on_malformed(vehicle_id, std::string_view, std::string_view payload, monotonic_time) override {
        record_event("malformed", payload);
    }
    void on_message(vehicle_id, std::string_view r, bool to_vehicle, std::string_view topic, std::string_view payload,
                    monotonic_time) override {
        EXPECT_FALSE(topic.empty() && payload.empty());
        messages_.push_back(fmt::format("{} {} at {}", to_vehicle ? "down" : "up", r, elapsed_ms()));
    }
    void on_unreachable(vehicle_id) override {
        reachability_.push_back(fmt::format("unreachable at {}", elapsed_ms()));
    }
    void on_reachable(vehicle_id) override { reachability_.push_back(fmt::format("reachable at {}", elapsed_ms())); }
    void on_availability_changed(vehicle_id) override { ++availability_changes_; }
    void on_session_event(vehicle_id, std::string&& what, monotonic_time) override {
        session_events_.push_back(fmt::format("{} at {}", what, elapsed_ms()));
    }
    void on_unauthorized_accept(vehicle_id, monotonic_time) override { ADD_FAILURE() << "nobody is let in"; }
    void on_condition_begin(vehicle_id, std::uint32_t c, monotonic_time) override {
        condition_events_.push_back(fmt::format("{} at {}", c, elapsed_ms()));
    }
    void on_condition_end(vehicle_id, std::uint32_t c, monotonic_time) override {
        condition_events_.push_back(fmt::format("{} passed at {}", c, elapsed_ms()));
    }

    std::vector<std::string> names_;
    std::vector<std::vector<std::string>> variables_;
    contract::scenario_symbols symbols_ = vehicle_symbols();
    std::vector<contract::message_template> telemetry_messages_;
    std::unique_ptr<telemetry::vehicle_model> model_;
    std::vector<fleet::campaign_options> campaigns_;
    std::unique_ptr<vehicle::registry> registry_;
    std::unique_ptr<vehicle::segmentation> segments_;
};

/// Simulated fleet with a platform that records messages.
class simulated_fleet_test : public fleet_inputs, private fleet::uplink_sink {
protected:
    void build(std::uint32_t vehicles = 1) {
        prepare(vehicles);
        remake();
    }

    void remake() { remake(spec()); }
    void remake(const fleet::fleet_spec& changed) {
        fleet::uplink_sink& broker = *this;
        fleet_ = std::make_unique<fleet::simulated_fleet>(
            [this](net::timer& t, monotonic_time when) { wheel_->arm(t, when); }, time_, events(), changed, broker,
            simulation_);
    }

    void begin(std::uint32_t vehicles = 1) {
        build(vehicles);
        fleet_->begin_load(start);
    }

    void command(const std::string& id, std::uint32_t v = 0, std::uint8_t qos = 1, nanoseconds expires = 1000s) {
        fleet_->deliver(vehicle_id{v}, {.topic = backend::command_topic(vin(v), "horn"),
                                        .payload = to_json(backend::command{.id = id, .service = "horn", .ts_ms = 0}),
                                        .qos = qos,
                                        .expires = start + expires});
    }

    std::size_t stored_vehicles() const {
        return static_cast<const fleet::simulated_fleet&>(*fleet_).stored_vehicles();
    }

    void keep_sessions(std::chrono::seconds expiry = 3600s) {
        options_.mqtt.session.clean_start = false;
        options_.mqtt.session.session_expiry = expiry;
    }

    fleet::simulation_options simulation_;
    std::unique_ptr<fleet::vehicles> fleet_;

    std::vector<std::string> responses_;          ///< responses received by the platform: "r1 final #1 at 20"
    std::vector<std::string> telemetry_received_; ///< by the broker: "tlm/position 1 at 20"
    std::vector<std::string> presence_;           ///< presence received by the platform: "asleep udp at 0"
    std::vector<backend::response> parsed_responses_;
    std::vector<std::string> payloads_;
    std::vector<std::string> topics_;
    std::size_t room_ = 1'000'000; ///< for presence

private:
    void on_telemetry(vehicle_id, std::string_view topic, std::string_view payload) override {
        telemetry_received_.push_back(fmt::format("{} {} at {}", topic, payload, elapsed_ms()));
    }
    bool has_capacity() const override { return presence_.size() < room_; }
    void on_vehicle_message(vehicle_id, std::string_view, std::string_view topic, std::string_view payload) override {
        if (topic.ends_with("/state")) {
            const auto p = backend::read_presence(payload).value();
            presence_.push_back(fmt::format("{}{}{} at {}", p.state, p.wake.empty() ? "" : " ", p.wake, elapsed_ms()));
            return;
        }
        topics_.emplace_back(topic);
        payloads_.emplace_back(payload);
        const auto response = backend::read_response(payload);
        if (!response) return responses_.push_back(fmt::format("unreadable at {}", elapsed_ms()));
        parsed_responses_.push_back(*response);
        constexpr const char* phases[] = {"ack", "running", "final"};
        responses_.push_back(fmt::format("{} {} #{} at {}", response->id, phases[static_cast<int>(response->phase)],
                                         response->seq, elapsed_ms()));
    }
};

} // namespace loadsim::fleet::simulation_test
