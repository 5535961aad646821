// Vehicle rules: pure functions of behaviours and conditions.
#include "vehicle_rules.hpp"

#include "vehicle/step_builders.hpp"

#include <loadsim/net/error.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using vehicle::condition;
using vehicle::response_step;

namespace {

class vehicle_rules : public testing::Test {
protected:
    fleet::fleet_spec spec() const {
        return {.options = options_,
                .message_contract = contract::message_contract::built_in(),
                .registry = registry_,
                .template_symbols = symbols_,
                .seed = 3,
                .segments = segments_,
                .segment_names = names_,
                .segment_variables = variables_,
                .behaviours = behaviours_,
                .conditions = conditions_,
                .campaigns = campaigns_,
                .shard_partition = {},
                .load_duration = 100s};
    }
    condition& add(condition::kind what, nanoseconds at = 5s) {
        auto& c = conditions_.emplace_back();
        c.type = what;
        c.start = at;
        return c;
    }

    fleet::options options_{.vehicles = 1000,
                            .connect_rate = {},
                            .source_addresses = {},
                            .vin = {},
                            .mqtt = {},
                            .reconnect = {},
                            .segments = {{"city", {0.5}, "b"}, {"land", {0.5}, "b"}}};
    vehicle::segmentation segments_{3, 1000, options_.segments};
    std::vector<std::string> names_{"city", "land"};
    vehicle::registry registry_{options_.vin, options_.vehicles};
    contract::scenario_symbols symbols_;
    std::vector<std::vector<std::string>> variables_{{"eu-1"}, {"us-2"}};
    std::vector<fleet::campaign_options> campaigns_;
    std::vector<vehicle::behaviour> behaviours_{2};
    std::vector<condition> conditions_;
};

TEST_F(vehicle_rules, previous_request_is_needed_by_responses_to_it_only) {
    auto about = vehicle::executed;
    EXPECT_FALSE(fleet::references_previous_request({vehicle::ack, about}));
    about.response.request = response_step::correlation::other;
    EXPECT_FALSE(fleet::references_previous_request({vehicle::ack, about}));
    about.response.request = response_step::correlation::previous;
    EXPECT_TRUE(fleet::references_previous_request({vehicle::ack, about}));
    EXPECT_TRUE(fleet::references_previous_request({vehicle::choose(
        {vehicle::weighted(1, {}), vehicle::weighted(1, {vehicle::choose({vehicle::weighted(1, {about})})})})}));
}

TEST_F(vehicle_rules, template_values_are_index_and_segment) {
    for (const std::uint32_t i : {0U, 7U, 999U}) {
        const auto segment = segments_.segment_of(vehicle_id{i});
        const auto known = fleet::template_values_of(spec(), vehicle_id{i});
        EXPECT_EQ(known.index, i);
        EXPECT_EQ(known.segment, names_[segment]);
        ASSERT_EQ(known.segment_variables.size(), 1U);
        EXPECT_EQ(known.segment_variables[0], variables_[segment][0]);
        EXPECT_TRUE(known.data.empty()) << "no file";
    }
}

TEST_F(vehicle_rules, draws_of_different_messages_are_disjoint) {
    using fleet::first_draw, fleet::message_kind;
    EXPECT_LT(first_draw(message_kind::response, 0xFFFFFFFFU) + 0xFFFF, first_draw(message_kind::presence, 0));
    EXPECT_LT(first_draw(message_kind::presence, 0xFFFFFFFFU) + 0xFFFF, first_draw(message_kind::telemetry, 0));
    EXPECT_EQ(first_draw(message_kind::response, 2) - first_draw(message_kind::response, 1), 65'536U);
}

TEST_F(vehicle_rules, powers_on_later_if_affected_by_the_first_occurrence) {
    add(condition::kind::tunnel);
    auto& power_on = add(condition::kind::power_on);
    power_on.segments = {"land"};
    power_on.affected_fraction = {0.5};
    int dark = 0;
    for (std::uint32_t i = 0; i < options_.vehicles; ++i) {
        const vehicle_id v{i};
        const bool struck = window_of(power_on, 1, 0, 3, v).has_value();
        EXPECT_EQ(fleet::powers_on_later(spec(), v), struck && segments_.segment_of(v) == 1);
        dark += fleet::powers_on_later(spec(), v) ? 1 : 0;
    }
    EXPECT_NEAR(dark, 250, 50);
}

TEST_F(vehicle_rules, losses_combine_and_depend_on_the_response) {
    add(condition::kind::lossy).loss = {0.5};
    add(condition::kind::lossy).loss = {0.5};
    add(condition::kind::lossy).loss = {0};
    const auto lost = [&](const std::vector<std::uint32_t>& which) {
        int n = 0;
        for (std::uint32_t sequence = 1; sequence <= 1000; ++sequence)
            n += fleet::is_response_lost(spec(), which, vehicle_id{4}, sequence) ? 1 : 0;
        return n;
    };
    EXPECT_EQ(lost({}), 0);
    EXPECT_EQ(lost({2}), 0);
    EXPECT_NEAR(lost({0}), 500, 60);
    EXPECT_NEAR(lost({0, 1}), 750, 60);
    EXPECT_EQ(lost({0}), lost({0, 2})) << "the same words";
}

TEST_F(vehicle_rules, a_refused_will_is_lowered_once) {
    using enum mqtt::reason;
    EXPECT_FALSE(fleet::is_permanent_refusal(retain_not_supported, mqtt::qos::at_least_once, true));
    EXPECT_TRUE(fleet::is_permanent_refusal(retain_not_supported, mqtt::qos::at_least_once, false));
    EXPECT_FALSE(fleet::is_permanent_refusal(qos_not_supported, mqtt::qos::at_least_once, true));
    EXPECT_TRUE(fleet::is_permanent_refusal(qos_not_supported, mqtt::qos::at_most_once, true));
    EXPECT_TRUE(fleet::is_permanent_refusal(not_authorized, mqtt::qos::at_least_once, true));
    EXPECT_FALSE(fleet::is_permanent_refusal(server_busy, mqtt::qos::at_most_once, false));
}

TEST_F(vehicle_rules, a_broker_may_refuse_a_message_by_ending_the_session) {
    using enum mqtt::reason;
    using fleet::session_end;
    const std::error_code disconnected = mqtt::errc::server_disconnected;
    const struct {
        std::error_code why;
        mqtt::reason last;
        session_end expected;
    } rows[] = {
        {net::errc::closed_by_peer, success, session_end::by_broker},
        {make_error_code(std::errc::connection_reset), success, session_end::by_broker},
        {disconnected, packet_too_large, session_end::by_broker},
        {disconnected, not_authorized, session_end::by_broker},
        {disconnected, server_shutting_down, session_end::by_vehicle},
        {disconnected, session_taken_over, session_end::by_vehicle},
        {mqtt::errc::keep_alive_timeout, success, session_end::by_vehicle},
    };
    for (const auto& r : rows)
        EXPECT_EQ(fleet::session_end_of(r.why, r.last), r.expected) << r.why.message() << ", " << to_string(r.last);
}

TEST_F(vehicle_rules, occurrences_begin_at_fixed_intervals) {
    add(condition::kind::garage, 7s).interval = 30s;
    add(condition::kind::garage, 9s);
    EXPECT_EQ(fleet::start_of(spec(), {0, 0}), nanoseconds{7s});
    EXPECT_EQ(fleet::start_of(spec(), {0, 3}), nanoseconds{97s});
    EXPECT_EQ(fleet::start_of(spec(), {1, 0}), nanoseconds{9s});
}

} // namespace
