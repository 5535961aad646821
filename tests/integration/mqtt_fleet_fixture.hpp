// Fixture of the MQTT fleet on an event loop that the test runs.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/fleet/mqtt_fleet.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/telemetry/vehicle_model.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/condition.hpp>
#include <loadsim/vehicle/registry.hpp>
#include <loadsim/vehicle/segment.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::fleet::mqtt_fleet_tests {

using namespace std::chrono_literals;

/// Owns the fleet and its inputs. Derived fixtures handle the vehicle events.
class mqtt_fleet_fixture : public testing::Test, private fleet::vehicle_events {
protected:
    mqtt_fleet_fixture() { options_.vehicles = 1; }
    void TearDown() override { fleet_.reset(); } ///< before the objects it refers to

    /// Creates the fleet from the present options, not started.
    void create_fleet(const std::vector<boost::asio::ip::tcp::endpoint>& brokers) {
        fleet_.reset(); // the previous fleet refers to the objects replaced below
        segment_names_ = {"all"};
        if (!options_.segments.empty()) segment_names_.clear();
        for (const auto& one : options_.segments) segment_names_.push_back(one.name);
        variables_.assign(segment_names_.size(), {});
        segments_ = std::make_unique<vehicle::segmentation>(1, options_.vehicles, options_.segments);
        fleet::vehicle_events& events = *this;
        registry_ = std::make_unique<vehicle::registry>(options_.vin, options_.vehicles);
        telemetry_messages_.clear();
        const auto compile_message = [this](const contract::message_options& m) {
            std::vector<std::string> pointers;
            telemetry_messages_.push_back(
                contract::message_template::compile(
                    m, contract::symbols_in(contract::template_scope::telemetry, template_symbols_, {}), pointers, "m")
                    .value());
        };
        for (const auto& g : options_.telemetry.groups) compile_message(g.message);
        for (const auto& a : options_.telemetry.alarms) compile_message(a.message);
        segment_groups_.assign(segment_names_.size(), {});
        for (auto& groups : segment_groups_)
            for (std::uint32_t g = 0; g < options_.telemetry.groups.size(); ++g) groups.push_back(g);
        message_contract_ =
            std::make_unique<contract::message_contract>(contract::message_contract::compile(contract_).value());
        fleet_ = fleet::make_mqtt_fleet(loop_, events,
                                        fleet::fleet_spec{.options = options_,
                                                          .message_contract = *message_contract_,
                                                          .registry = *registry_,
                                                          .template_symbols = template_symbols_,
                                                          .seed = 1,
                                                          .segments = *segments_,
                                                          .segment_names = segment_names_,
                                                          .segment_variables = variables_,
                                                          .behaviours = behaviours_,
                                                          .conditions = conditions_,
                                                          .campaigns = campaigns_,
                                                          .shard_partition = {},
                                                          .load_duration = load_duration_,
                                                          .telemetry_messages = telemetry_messages_,
                                                          .segment_groups = segment_groups_,
                                                          .vehicle_model = &model_},
                                        100, brokers);
    }
    bool run_until(const std::function<bool()>& predicate, nanoseconds timeout = 4s) {
        for (const auto end = loop_.now() + timeout; !predicate(); loop_.io().run_for(1ms))
            if (loop_.now() > end) return false;
        return true;
    }
    std::uint32_t segment_of(std::uint32_t v) const { return segments_->segment_of(vehicle_id{v}); }
    std::string vin() const { return vehicle::vin_of(options_.vin, vehicle_id{0}); }

    fleet::options options_;
    contract::options contract_;
    std::vector<fleet::campaign_options> campaigns_;
    std::vector<vehicle::behaviour> behaviours_{1}; ///< by segment
    std::vector<vehicle::condition> conditions_;
    nanoseconds load_duration_ = 100s;
    steady_time time_;
    net::loop loop_{time_};
    std::unique_ptr<contract::message_contract> message_contract_;
    std::unique_ptr<vehicle::registry> registry_;
    std::unique_ptr<fleet::vehicles> fleet_;

private:
    static telemetry::trip_options parked() {
        telemetry::trip_options made;
        made.routes = {{{48.1, 11.5, 500}, {48.2, 11.6, 510}}};
        return made;
    }

    const contract::scenario_symbols template_symbols_;
    const telemetry::vehicle_model model_{parked(), 1};
    std::vector<contract::message_template> telemetry_messages_;
    std::vector<std::vector<std::uint32_t>> segment_groups_;
    std::vector<std::string> segment_names_;
    std::vector<std::vector<std::string>> variables_;
    std::unique_ptr<vehicle::segmentation> segments_;
};

} // namespace loadsim::fleet::mqtt_fleet_tests
