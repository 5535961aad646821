// Fixture of the telemetry publisher: a link that does what the test says, in manual time.
#pragma once

#include "simulated_fleet_fixture.hpp"
#include "telemetry_publisher.hpp"

#include <loadsim/mqtt/error.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace loadsim::fleet::telemetry_tests {

using namespace std::chrono_literals;
using telemetry::period_always;
using telemetry::reissue_order;

constexpr vehicle_id first_car{0};
constexpr vehicle_id second_car{1};

struct sent_message {
    vehicle_id vehicle{};
    std::string topic, payload;
    mqtt::qos quality{};
    bool retain = false;
    std::uint32_t expiry = 0;
    std::uint16_t packet_id = 0;
    double at_ms = 0;
};

class fake_link final : public telemetry_link {
public:
    fake_link(const time_source& time, net::timer_wheel& wheel) : time_(time), wheel_(wheel) {}

    bool can_send(vehicle_id v) const override { return !down_.contains(v); }
    published publish_telemetry(vehicle_id v, const mqtt::message& m) override {
        if (error_) return {.packet_id = 0, .error = error_};
        const bool acknowledged = m.quality != mqtt::qos::at_most_once;
        const auto id = acknowledged ? static_cast<std::uint16_t>(++last_id_) : std::uint16_t{0};
        sent_.push_back({v, std::string(m.topic), std::string(m.payload), m.quality, m.retain, m.expiry_interval, id,
                         milliseconds(time_.now() - simulation_test_start)});
        if (acknowledged) ++unacknowledged_[v];
        if (during_publish_) during_publish_(v);
        return {.packet_id = id};
    }
    std::uint32_t send_quota(vehicle_id v) const override {
        const auto used = unacknowledged_.find(v);
        const auto n = used == unacknowledged_.end() ? 0U : used->second;
        return receive_maximum_ > n ? receive_maximum_ - n : 0;
    }
    bool keeps_messages(vehicle_id) const override { return resumable_; }
    void discard_message(vehicle_id, std::uint16_t packet_id) override { discarded_.push_back(packet_id); }
    bool comes_back(vehicle_id v) const override { return !gone_.contains(v); }
    void arm(net::timer& t, monotonic_time when) override { wheel_.arm(t, when); }
    monotonic_time now() const override { return time_.now(); }
    std::int64_t wall_us() const override { return time_.now().time_since_epoch().count() / 1'000; }

    static constexpr monotonic_time simulation_test_start{1'700'000'000s};
    std::vector<sent_message> sent_;
    std::set<vehicle_id> down_;            ///< no session, or a blocked link
    std::set<vehicle_id> gone_;            ///< do not come back
    std::vector<std::uint16_t> discarded_; ///< packet ids
    bool resumable_ = false;
    std::uint32_t receive_maximum_ = 65'535;
    std::map<vehicle_id, std::uint32_t> unacknowledged_;
    std::error_code error_;
    std::function<void(vehicle_id)> during_publish_;
    std::uint32_t last_id_ = 0;

private:
    const time_source& time_;
    net::timer_wheel& wheel_;
};

class telemetry_publisher_test : public simulation_test::fleet_inputs, protected telemetry_listener {
protected:
    void begin(std::uint32_t vehicles = 1) {
        prepare(vehicles);
        spec_ = std::make_unique<fleet_spec>(spec());
        link_ = std::make_unique<fake_link>(time_, *wheel_);
        const auto of_shard = (vehicles - share_.index + share_.count - 1) / share_.count;
        publisher_ = std::make_unique<telemetry_publisher>(*link_, *spec_, of_shard);
        EXPECT_EQ(publisher_->problem(), "");
        for (const auto v : down_at_begin_) link_->down_.insert(v);
        publisher_->begin_load(start);
    }

    /// With a group `position`: a message of each vehicle each second.
    void begin_with_position(nanoseconds load, std::uint32_t vehicles = 1, std::uint8_t qos = 1) {
        load_duration_ = load;
        add_group("position", period_always(1s), qos);
        begin(vehicles);
    }

    // What the fleets do.
    void go_down(vehicle_id v = first_car, session_end how = session_end::by_vehicle) {
        link_->down_.insert(v);
        link_->unacknowledged_[v] = link_->resumable_ ? link_->unacknowledged_[v] : 0;
        publisher_->on_session_ended(v, how);
        if (!link_->resumable_) acknowledged_ = link_->sent_.size();
    }
    void come_up(bool resumed = false, vehicle_id v = first_car) {
        if (!resumed) link_->unacknowledged_[v] = 0;
        if (!resumed) acknowledged_ = link_->sent_.size();
        publisher_->on_session_begun(v, resumed);
        link_->down_.erase(v);
        publisher_->on_link_up(v);
    }
    void acknowledge(std::uint16_t id, vehicle_id v = first_car, mqtt::reason why = mqtt::reason::success) {
        if (link_->unacknowledged_[v] > 0) --link_->unacknowledged_[v];
        acknowledged_ids_.insert(id);
        EXPECT_TRUE(publisher_->on_published(v, id, why)) << id;
    }
    /// All that was sent so far in the sessions that last, in order.
    void acknowledge_all() {
        for (; acknowledged_ < link_->sent_.size(); ++acknowledged_) {
            const auto m = link_->sent_[acknowledged_];
            if (m.packet_id != 0 && !acknowledged_ids_.contains(m.packet_id)) acknowledge(m.packet_id, m.vehicle);
        }
    }
    void with_store(telemetry::reissue_options reissue = {}) {
        options_.telemetry.store = telemetry::store_options{};
        options_.telemetry.store->reissue = reissue;
    }

    /// Payloads sent, and when.
    std::vector<std::string> sent() const {
        std::vector<std::string> all;
        for (const auto& m : link_->sent_) all.push_back(fmt::format("{} at {}", m.payload, m.at_ms));
        return all;
    }
    std::vector<std::string> payloads() const {
        std::vector<std::string> all;
        for (const auto& m : link_->sent_) all.push_back(m.payload);
        return all;
    }

    /// Sum of all counts so far.
    const measure::telemetry_counts& counts(std::uint32_t group = 0) {
        std::map<std::uint32_t, measure::telemetry_counts> taken;
        measure::backlog_counts backlogs;
        publisher_->take_counts(taken, backlogs);
        for (const auto& [g, c] : taken) add(total_[g], c);
        backlogs_.begun += backlogs.begun;
        backlogs_.errors += backlogs.errors;
        backlogs_.drained.merge(backlogs.drained);
        for (const auto& [why, n] : backlogs.reasons) backlogs_.reasons[why] += n;
        return total_[group];
    }
    const measure::backlog_counts& backlogs() {
        counts();
        return backlogs_;
    }
    /// Each message is counted once, by where it ended.
    void expect_balance() {
        counts();
        for (const auto& [g, c] : total_)
            EXPECT_EQ(c.due + c.restored, c.acknowledged + c.refused + c.unacknowledged + c.unsent + c.errored +
                                              c.overwritten + c.expired + c.too_old + c.in_store)
                << "group " << g;
    }

    void telemetry_sent(vehicle_id v, std::uint32_t group, std::uint64_t sequence, std::uint64_t hash,
                        monotonic_time at) override {
        EXPECT_NE(hash, 0U);
        heard_.push_back(fmt::format("{}/{}/{} at {}", index(v), group, sequence, milliseconds(at - start)));
    }

    std::unique_ptr<fleet_spec> spec_;
    std::unique_ptr<fake_link> link_;
    std::unique_ptr<telemetry_publisher> publisher_;
    std::vector<vehicle_id> down_at_begin_;
    std::vector<std::string> heard_; ///< of the listener: "vehicle/group/sequence at ms"

private:
    static void add(measure::telemetry_counts& sum, const measure::telemetry_counts& c) {
        measure::totals one, other;
        one.telemetry[0] = sum;
        other.telemetry[0] = c;
        one.add(other);
        sum = one.telemetry[0];
    }

    std::size_t acknowledged_ = 0; ///< of sent_
    std::set<std::uint16_t> acknowledged_ids_;
    std::map<std::uint32_t, measure::telemetry_counts> total_;
    measure::backlog_counts backlogs_;
};

} // namespace loadsim::fleet::telemetry_tests
