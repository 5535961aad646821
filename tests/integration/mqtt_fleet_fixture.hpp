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
                                                          .load_duration = 100s},
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
    steady_time time_;
    net::loop loop_{time_};
    std::unique_ptr<contract::message_contract> message_contract_;
    std::unique_ptr<vehicle::registry> registry_;
    std::unique_ptr<fleet::vehicles> fleet_;

private:
    const contract::scenario_symbols template_symbols_;
    std::vector<std::string> segment_names_;
    std::vector<std::vector<std::string>> variables_;
    std::unique_ptr<vehicle::segmentation> segments_;
};

} // namespace loadsim::fleet::mqtt_fleet_tests
