// Vehicles of a rehearsal, moved by hand, and a platform that writes down what it gets.
#pragma once

#include "vehicle/steps.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/model_vehicles.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/net/timer_wheel.hpp>
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

namespace loadsim::fleet::modelled {

using namespace std::chrono_literals;
using vehicle::condition;
using vehicle::part;
using vehicle::plain;
using vehicle::say;
using vehicle::step;
using vehicle::wait_for;
using vehicle::word;
using kind = vehicle::step::kind;

inline vehicle::delay exactly(nanoseconds d) { return {vehicle::delay::kind::fixed, d, 0s, {}}; }
inline step say(word w) { return {.what = kind::say, .lasts = {}, .named = {}, .said = std::move(w), .branches = {}}; }

inline vehicle::behaviour behaves(std::vector<step> steps) {
    vehicle::behaviour b;
    b.name = "tested";
    b.steps = std::move(steps);
    return b;
}

inline condition befalls(condition::kind what, nanoseconds at, nanoseconds lasts = 0s) {
    condition c;
    c.name = std::string(to_string(what));
    c.what = what;
    c.at = at;
    c.lasts.a = lasts;
    return c;
}

/// Vehicles with a platform that writes down what it gets, and somebody who writes down what they tell. Instants are in
/// milliseconds since the load's start.
class model_vehicles : public testing::Test, private fleet::vehicle_events, private fleet::model_broker {
protected:
    void build(std::uint32_t vehicles = 1) {
        options_.vehicles = vehicles;
        if (behaviours_.empty()) behaviours_.push_back(behaves({say(word::kind::executed)}));
        if (options_.segments.empty()) options_.segments.push_back({"all", {1}, behaviours_.front().name});
        for (const auto& s : options_.segments) names_.push_back(s.name);
        segments_ = std::make_unique<vehicle::segmentation>(seed, vehicles, options_.segments);
        time_.set(start);
        wheel_ = std::make_unique<net::timer_wheel>(start);
        fleet::vehicle_events& events = *this;
        fleet::model_broker& broker = *this;
        registry_ = std::make_unique<vehicle::registry>(options_.vin, vehicles);
        variables_.resize(names_.size());
        fleet_ = std::make_unique<fleet::model_vehicles>(
            [this](net::timer& t, monotonic_time when) { wheel_->arm(t, when); }, time_, events,
            fleet::plan{.options = options_,
                        .terms = terms_ ? *terms_ : contract::terms::of_our_own(),
                        .cars = *registry_,
                        .names = known_,
                        .seed = seed,
                        .segments = *segments_,
                        .segment_names = names_,
                        .segment_variables = variables_,
                        .behaviours = behaviours_,
                        .conditions = conditions_,
                        .campaigns = campaigns_,
                        .share = share_,
                        .load = 1000s},
            broker, manner_);
    }

    void begin(std::uint32_t vehicles = 1) {
        build(vehicles);
        fleet_->begin_load(start);
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

    void command(const std::string& id, std::uint32_t v = 0, std::uint8_t qos = 1, nanoseconds expires = 1000s) {
        fleet_->deliver(vehicle_id{v}, contract::command_topic(vin(v), "horn"),
                        to_json(contract::command{.id = id, .service = "horn", .ts_ms = 0}), qos, start + expires);
    }

    double ms() const { return milliseconds(time_.now() - start); }
    void keep_sessions(std::chrono::seconds expiry = 3600s) {
        options_.mqtt.session.clean_start = false;
        options_.mqtt.session.session_expiry = expiry;
    }

    static constexpr std::uint64_t seed = 5;
    static constexpr monotonic_time start{1'700'000'000s};
    fleet::options options_;
    std::vector<vehicle::behaviour> behaviours_;
    std::vector<condition> conditions_;
    shard_share share_;
    fleet::model_manner manner_;
    std::optional<contract::terms> terms_;   ///< none: our own
    std::map<std::string, arrival_id> ours_; ///< requests that are of an arrival
    std::set<std::string> had_;              ///< commands that have come
    std::unique_ptr<fleet::model_vehicles> fleet_;

    std::vector<std::string> told_;   ///< "delivered r1 at 0", "acked ...", "finished ...", "executed ..."
    std::vector<std::string> words_;  ///< what the platform got: "r1 final #1 at 20"
    std::vector<std::string> states_; ///< presence that it got: "asleep udp at 0"
    std::vector<std::string> shown_;  ///< messages that were told: "up r1 at 20"
    std::vector<std::string> links_;  ///< "away at 0", "back at 0"
    std::vector<std::string> session_;
    std::vector<std::string> struck_; ///< "0 at 10", "0 passed at 20"
    std::vector<contract::response> said_;
    std::vector<std::string> payloads_;
    std::vector<std::string> topics_;

private:
    void tell(const char* what, std::string_view request) {
        told_.push_back(fmt::format("{} {} at {}", what, request, ms()));
    }

    fleet::order on_delivered(vehicle_id, std::string_view request, monotonic_time) override {
        tell("delivered", request);
        const auto known = ours_.find(std::string(request));
        return {.fresh = had_.insert(std::string(request)).second,
                .arrival = known == ours_.end() ? std::nullopt : std::optional{known->second}};
    }
    void on_acked(vehicle_id, std::string_view r, monotonic_time) override { tell("acked", r); }
    void on_finished(vehicle_id, std::string_view r, outcome, std::string_view, monotonic_time) override {
        tell("finished", r);
    }
    void on_executed(vehicle_id, std::string_view r, monotonic_time) override { tell("executed", r); }
    void on_malformed(vehicle_id, std::string_view, std::string_view payload, monotonic_time) override {
        tell("malformed", payload);
    }
    void on_message(vehicle_id, std::string_view r, bool to_vehicle, std::string_view topic, std::string_view payload,
                    monotonic_time) override {
        EXPECT_FALSE(topic.empty() && payload.empty());
        shown_.push_back(fmt::format("{} {} at {}", to_vehicle ? "down" : "up", r, ms()));
    }
    void on_away(vehicle_id) override { links_.push_back(fmt::format("away at {}", ms())); }
    void on_back(vehicle_id) override { links_.push_back(fmt::format("back at {}", ms())); }
    void on_session(vehicle_id, std::string what, monotonic_time) override {
        session_.push_back(fmt::format("{} at {}", what, ms()));
    }
    void on_let_in(vehicle_id, monotonic_time) override { ADD_FAILURE() << "nobody is let in"; }
    void on_struck(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} at {}", c, ms()));
    }
    void on_passed(vehicle_id, std::uint32_t c, monotonic_time) override {
        struck_.push_back(fmt::format("{} passed at {}", c, ms()));
    }

    void from_vehicle(vehicle_id, std::string_view, std::string_view topic, std::string_view payload) override {
        if (topic.ends_with("/state")) {
            const auto p = contract::read_presence(payload).value();
            states_.push_back(fmt::format("{}{}{} at {}", p.state, p.wake.empty() ? "" : " ", p.wake, ms()));
            return;
        }
        topics_.emplace_back(topic);
        payloads_.emplace_back(payload);
        const auto word = contract::read_response(payload);
        if (!word) return words_.push_back(fmt::format("unreadable at {}", ms()));
        said_.push_back(*word);
        constexpr const char* phases[] = {"ack", "running", "final"};
        words_.push_back(fmt::format("{} {} #{} at {}", word->id, phases[static_cast<int>(word->at)], word->seq, ms()));
    }

    manual_time time_;
    std::vector<std::string> names_;
    std::vector<std::vector<std::string>> variables_;
    contract::known_names known_;
    std::vector<fleet::campaign_options> campaigns_;
    std::unique_ptr<vehicle::registry> registry_;
    std::unique_ptr<vehicle::segmentation> segments_;
    std::unique_ptr<net::timer_wheel> wheel_;
};

} // namespace loadsim::fleet::modelled
