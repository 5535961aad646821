// Kafka bridge without I/O: rules, and faults with exact counts.
#include "bridge_core.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

using bridge_fault_kind = bridge_fault::kind;
constexpr monotonic_time bridge_time{100s};

/// A bridge whose records are kept.
class recorded_bridge {
public:
    explicit recorded_bridge(const bridge_options& options = {})
        : core(options, {}, [this](const bridge_record& r) { records.push_back(r); }) {}
    void receive(const std::string& vehicle, const std::string& payload, monotonic_time now = bridge_time) {
        receive_at("v1/" + vehicle + "/tlm/position", payload, now);
    }
    void receive_at(const std::string& topic, const std::string& payload, monotonic_time now = bridge_time) {
        core.receive({.topic = topic, .payload = payload}, 1, 1'700'000'000'000, now);
    }
    /// Messages 1 to n of each vehicle, in turn.
    void receive_all(const std::vector<std::string>& vehicles, int messages) {
        for (int n = 1; n <= messages; ++n)
            for (const auto& v : vehicles) receive(v, std::to_string(n));
    }
    std::vector<std::string> values(const std::string& key = {}) const {
        std::vector<std::string> all;
        for (const auto& r : records)
            if (key.empty() || r.key == key) all.push_back(r.value);
        return all;
    }

    std::vector<bridge_record> records;
    bridge_core core;
};

bridge_options every_nth_record(std::uint32_t n, bridge_fault_kind what, std::uint32_t distance = 1) {
    return {.rules = {{}},
            .faults = {{.what = what, .rule = {.every = n, .probability = {}, .window = {}}, .distance = distance}}};
}

using texts = std::vector<std::string>;

} // namespace

TEST(bridge_core, a_message_becomes_a_record_of_its_vehicle) {
    recorded_bridge b;
    b.receive("CAR", "{\"seq\":1}");
    b.receive_at("v1/CAR/rsp/1", "ack");
    ASSERT_EQ(b.records.size(), 1U);
    EXPECT_EQ(b.records[0], (bridge_record{"telemetry", "CAR", "{\"seq\":1}", 1'700'000'000'000}));
    const auto counts = b.core.counts();
    EXPECT_EQ(counts.received, 2U);
    EXPECT_EQ(counts.unmatched, 1U);
    EXPECT_EQ(counts.forwarded, 1U);
}

TEST(bridge_core, each_rule_that_matches_makes_a_record) {
    recorded_bridge b(
        {.rules = {{.filter = "v1/+/tlm/position", .topic = "positions", .key = "/vin"},
                   {.filter = "#", .topic = "all", .key = "topic[1]", .value = bridge_rule::form::envelope}}});
    b.receive("CAR", R"({"vin":"V","text":"a\"b"})");
    b.receive_at("other", "1");
    ASSERT_EQ(b.records.size(), 3U);
    EXPECT_EQ(b.records[0], (bridge_record{"positions", "V", R"({"vin":"V","text":"a\"b"})", 1'700'000'000'000}));
    EXPECT_EQ(b.records[1].key, "CAR");
    EXPECT_EQ(b.records[1].value,
              R"({"clientid":"CAR","topic":"v1/CAR/tlm/position","payload":"{\"vin\":\"V\",\"text\":\"a\\\"b\"}",)"
              R"("qos":1,"timestamp":1700000000000})");
    EXPECT_EQ(b.records[2].key, "");
    EXPECT_EQ(b.core.counts().without_key, 1U);
}

TEST(bridge_core, drops_and_duplicates) {
    recorded_bridge dropping(every_nth_record(3, bridge_fault_kind::drop));
    dropping.receive_all({"A"}, 9);
    EXPECT_EQ(dropping.values(), (texts{"1", "2", "4", "5", "7", "8"}));
    EXPECT_EQ(dropping.core.counts().of(bridge_fault_kind::drop), 3U);
    EXPECT_EQ(dropping.core.counts().forwarded, 6U);
    recorded_bridge duplicating(every_nth_record(3, bridge_fault_kind::duplicate));
    duplicating.receive_all({"A"}, 4);
    EXPECT_EQ(duplicating.values(), (texts{"1", "2", "3", "3", "4"}));
    EXPECT_EQ(duplicating.core.counts().of(bridge_fault_kind::duplicate), 1U);
}

TEST(bridge_core, reorders_by_a_distance_within_a_topic_of_mqtt) {
    recorded_bridge b(every_nth_record(5, bridge_fault_kind::reorder, 2)); // A's 3rd, B's 5th
    b.receive_all({"A", "B"}, 5);
    EXPECT_EQ(b.values("A"), (texts{"1", "2", "4", "5", "3"}));
    EXPECT_EQ(b.values("B"), (texts{"1", "2", "3", "4"}));
    EXPECT_EQ(b.core.counts().waiting, 1U);
    EXPECT_EQ(b.core.counts().of(bridge_fault_kind::reorder), 1U);
    b.core.finish();
    EXPECT_EQ(b.values("B"), (texts{"1", "2", "3", "4", "5"}));
    EXPECT_EQ(b.core.counts().waiting, 0U);
    EXPECT_EQ(b.core.counts().of(bridge_fault_kind::reorder), 1U) << "B's last one is in order";
}

TEST(bridge_core, records_held_for_reordering_are_bounded) {
    recorded_bridge b(every_nth_record(1, bridge_fault_kind::reorder));
    for (int i = 0; i < 1'010; ++i) b.receive(std::to_string(i), "x");
    EXPECT_EQ(b.core.counts().waiting, 1'000U);
    EXPECT_EQ(b.records.size(), 10U);
    b.core.finish();
    EXPECT_EQ(b.records.size(), 1'010U);
    EXPECT_EQ(b.core.counts().of(bridge_fault_kind::reorder), 0U) << "each is the only one of its topic";
}

TEST(bridge_core, swaps_keys_with_the_last_other_vehicle) {
    recorded_bridge b(every_nth_record(4, bridge_fault_kind::swap_keys));
    for (const auto* v : {"A", "B", "B", "B", "A", "C", "C", "A"}) b.receive(v, v);
    texts keys;
    for (const auto& r : b.records) keys.push_back(r.key);
    EXPECT_EQ(keys, (texts{"A", "B", "B", "A", "A", "C", "C", "C"}));
    EXPECT_EQ(b.values(), (texts{"A", "B", "B", "B", "A", "C", "C", "A"}));
    EXPECT_EQ(b.core.counts().of(bridge_fault_kind::swap_keys), 2U);
    recorded_bridge alone(every_nth_record(1, bridge_fault_kind::swap_keys));
    alone.receive_all({"A"}, 3);
    EXPECT_EQ(alone.core.counts().of(bridge_fault_kind::swap_keys), 0U) << "there is no other vehicle";
}

TEST(bridge_core, stalls_and_then_forwards_in_order) {
    recorded_bridge b(
        {.rules = {{}},
         .faults = {
             {.what = bridge_fault_kind::stall, .rule = {.every = 3, .probability = {}, .window = {}}, .delay = 2s}}});
    b.receive_all({"A"}, 6); // the 6th is selected while the bridge stalls
    EXPECT_EQ(b.values(), (texts{"1", "2"}));
    EXPECT_EQ(b.core.counts().waiting, 4U);
    EXPECT_EQ(b.core.next_due(), bridge_time + 2s);
    b.core.run(bridge_time + 1999ms);
    EXPECT_EQ(b.records.size(), 2U);
    b.receive("A", "7", bridge_time + 2s);
    EXPECT_EQ(b.values(), (texts{"1", "2", "3", "4", "5", "6", "7"}));
    EXPECT_EQ(b.core.next_due(), never);
    EXPECT_EQ(b.core.counts().of(bridge_fault_kind::stall), 1U);
}

TEST(bridge_core, a_stall_ends_before_it_holds_too_much_and_keeps_the_order) {
    recorded_bridge b(
        {.rules = {{}},
         .faults = {
             {.what = bridge_fault_kind::stall, .rule = {.every = 1, .probability = {}, .window = {}}, .delay = 1h}}});
    constexpr int messages = 100'001;
    for (int n = 1; n <= messages; ++n) b.receive("A", std::to_string(n));
    ASSERT_EQ(b.records.size(), std::size_t{messages});
    for (int n = 1; n <= messages; ++n) ASSERT_EQ(b.records[static_cast<std::size_t>(n - 1)].value, std::to_string(n));
}

TEST(bridge_core, corrupts_a_byte_and_keeps_json) {
    recorded_bridge b(every_nth_record(1, bridge_fault_kind::corrupt));
    for (const auto* payload : {R"({"seq":1})", "[1]", "abc", ""}) b.receive("A", payload);
    EXPECT_EQ(b.values(), (texts{R"({ "seq":1})", "[ 1]", "abb", " "}));
    EXPECT_EQ(b.core.counts().of(bridge_fault_kind::corrupt), 4U);
}

TEST(bridge_core, random_faults_follow_the_seed) {
    const auto values_with = [](std::uint64_t seed) {
        auto options = every_nth_record(1, bridge_fault_kind::drop);
        options.faults[0].rule = {.every = {}, .probability = fraction{0.25}, .window = {}};
        options.seed = seed;
        recorded_bridge b(options);
        b.receive_all({"A"}, 4'000);
        EXPECT_NEAR(static_cast<double>(b.core.counts().of(bridge_fault_kind::drop)), 1'000, 100);
        return b.values();
    };
    EXPECT_EQ(values_with(1), values_with(1));
    EXPECT_NE(values_with(1), values_with(2));
}

TEST(bridge_core, wrong_options_have_a_place) {
    struct {
        bridge_options options;
        const char* location;
    } const rows[] = {
        {{.rules = {}}, ".rules"},
        {{.rules = {{.filter = "v1/#/x"}}}, ".rules[0].filter"},
        {{.rules = {{.topic = ""}}}, ".rules[0].topic"},
        {{.rules = {{.key = "vin"}}}, ".rules[0].key"},
        {{.rules = {{.key = ""}}}, ".rules[0].key"},
        {every_nth_record(1, bridge_fault_kind::reorder, 0), ".faults[0].distance"},
        {{.rules = {{}}, .faults = {{.what = bridge_fault_kind::stall, .delay = 0s}}}, ".faults[0].delay"},
    };
    for (const auto& r : rows) {
        const auto wrong = check(r.options);
        ASSERT_EQ(wrong.list.size(), 1U) << r.location;
        EXPECT_EQ(wrong.list[0].location, r.location);
    }
    EXPECT_TRUE(check(bridge_options{}).empty());
}
