// Real vehicles on a loop that the test runs.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/fleet/plan.hpp>
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

namespace loadsim::fleet::linked {

using namespace std::chrono_literals;

/// What they tell is for who derives from it.
class linked_fleet : public testing::Test, private fleet::vehicle_events {
protected:
    linked_fleet() { options_.vehicles = 1; }
    void TearDown() override { fleet_.reset(); } ///< while all that it knows of is there

    /// Makes the vehicles as the options are now; they have yet to start.
    void gather(const std::vector<boost::asio::ip::tcp::endpoint>& brokers) {
        fleet_.reset(); // an earlier one, before what it refers to
        segment_names_ = {"all"};
        if (!options_.segments.empty()) segment_names_.clear();
        for (const auto& one : options_.segments) segment_names_.push_back(one.name);
        variables_.assign(segment_names_.size(), {});
        segments_ = std::make_unique<vehicle::segmentation>(1, options_.vehicles, options_.segments);
        fleet::vehicle_events& events = *this;
        cars_ = std::make_unique<vehicle::registry>(options_.vin, options_.vehicles);
        terms_ = std::make_unique<contract::terms>(contract::terms::compile(contract_).value());
        fleet_ = std::make_unique<fleet::vehicles>(loop_, events,
                                                   fleet::plan{.options = options_,
                                                               .terms = *terms_,
                                                               .cars = *cars_,
                                                               .names = known_names_,
                                                               .seed = 1,
                                                               .segments = *segments_,
                                                               .segment_names = segment_names_,
                                                               .segment_variables = variables_,
                                                               .behaviours = behaviours_,
                                                               .conditions = conditions_,
                                                               .campaigns = campaigns_,
                                                               .share = {},
                                                               .load = 100s},
                                                   100, brokers);
    }
    bool until(const std::function<bool()>& reached, nanoseconds limit = 4s) {
        for (const auto end = loop_.now() + limit; !reached(); loop_.io().run_for(1ms))
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
    std::unique_ptr<contract::terms> terms_;
    std::unique_ptr<vehicle::registry> cars_;
    std::unique_ptr<fleet::vehicles> fleet_;

private:
    const contract::known_names known_names_;
    std::vector<std::string> segment_names_;
    std::vector<std::vector<std::string>> variables_;
    std::unique_ptr<vehicle::segmentation> segments_;
};

} // namespace loadsim::fleet::linked
