// Bridge, tap mapping and reconciliation, one after the other without I/O: k faults of the bridge are k findings.
#include "bridge_core.hpp"

#include <loadsim/base/hash.hpp>
#include <loadsim/contract/tap_mapping.hpp>
#include <loadsim/measure/delivery_reconciliation.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t bridged_vehicles = 50;
constexpr std::uint64_t bridged_messages = 400; // of each vehicle
constexpr nanoseconds stall_length = 3s, message_interval = 100ms;

struct bridged_run {
    bridge_counts bridge;
    measure::delivery_counts found;
    std::uint64_t late_samples = 0; ///< with half of the stall at least
};

std::optional<vehicle_id> vehicle_named(std::string_view name) {
    std::uint32_t number = 0;
    if (!name.starts_with("CAR") || name.size() == 3) return std::nullopt;
    const auto [end, error] = std::from_chars(name.data() + 3, name.data() + name.size(), number);
    return error == std::errc{} && number < bridged_vehicles ? std::optional(vehicle_id{number}) : std::nullopt;
}

bridged_run run_bridge(bridge_rule rule, const contract::tap_mapping_options& tap, std::vector<bridge_fault> faults) {
    bridged_run run;
    monotonic_time now{1'000s};
    const auto mapping = contract::tap_mapping::compile(tap, {{"position", "v1/+/tlm/position"}}, "tap").value();
    measure::delivery_reconciliation checked(
        {}, {}, bridged_vehicles, 1,
        {.bridge = {},
         .deliver = [&](std::uint32_t, nanoseconds latency) { run.late_samples += latency >= stall_length / 2; },
         .finding = {}});
    const auto topic = rule.topic;
    bridge_core bridge(
        {.rules = {std::move(rule)}, .faults = std::move(faults)}, {{topic, mapping}}, [&](const bridge_record& r) {
            const auto m = mapping.read({.topic = r.topic, .key = r.key, .value = r.value});
            const auto by_key = vehicle_named(m.key_vehicle), by_payload = vehicle_named(m.payload_vehicle);
            if (!by_key && !by_payload) return checked.consumed_unknown_vehicle();
            if (!m.sequence || !m.group) return checked.consumed_without_sequence();
            const auto vehicle = by_payload ? by_payload : by_key;
            checked.consumed({.vehicle = *vehicle,
                              .group = *m.group,
                              .sequence = *m.sequence,
                              .hash = m.payload_hash,
                              .consumed = now,
                              .wrong_key = by_key != vehicle});
        });
    for (std::uint64_t n = 1; n <= bridged_messages; ++n, now += message_interval)
        for (std::uint32_t v = 0; v < bridged_vehicles; ++v) {
            const auto payload = fmt::format(R"({{"vin":"CAR{}","seq":{},"speed":{}}})", v, n, n % 130);
            checked.sent(vehicle_id{v}, 0, n, content_hash(payload), now);
            bridge.receive({.topic = fmt::format("v1/CAR{}/tlm/position", v), .payload = payload}, 1, 1'700'000'000'000,
                           now);
        }
    bridge.finish();
    checked.finish();
    run.bridge = bridge.counts();
    run.found = checked.total();
    return run;
}

bridge_fault each(std::uint32_t every, bridge_fault::kind what) {
    return {
        .what = what, .rule = {.every = every, .probability = {}, .window = {}}, .distance = 3, .delay = stall_length};
}

void expect_findings(const bridged_run& run) {
    using kind = bridge_fault::kind;
    EXPECT_EQ(run.found.sent, bridged_vehicles * bridged_messages);
    EXPECT_EQ(run.found.lost, run.bridge.of(kind::drop));
    EXPECT_EQ(run.found.duplicated, run.bridge.of(kind::duplicate));
    EXPECT_EQ(run.found.wrong_key, run.bridge.of(kind::swap_keys));
    EXPECT_EQ(run.found.corrupted, run.bridge.of(kind::corrupt));
    EXPECT_EQ(run.found.out_of_order, run.bridge.of(kind::reorder));
    EXPECT_EQ(run.found.foreign + run.found.unknown_vehicle + run.found.without_sequence, 0U);
    EXPECT_EQ(run.found.sent_not_reconciled + run.found.consumed_not_reconciled, 0U);
    EXPECT_EQ(run.bridge.of(kind::stall) == 0, run.late_samples == 0);
}

} // namespace

TEST(bridge_findings, k_faults_of_a_bridge_are_k_findings) {
    using kind = bridge_fault::kind;
    const bridge_rule plain{};
    const contract::tap_mapping_options plain_tap{.vehicle = "/vin"};
    const bridge_rule enveloped{.value = bridge_rule::form::envelope};
    const contract::tap_mapping_options envelope_tap{
        .payload = "/payload", .vehicle = "/vin", .telemetry_group = "/topic"};
    for (const auto& [rule, tap] : {std::pair(plain, plain_tap), std::pair(enveloped, envelope_tap)}) {
        expect_findings(run_bridge(rule, tap, {}));
        for (const auto what : {kind::drop, kind::duplicate, kind::swap_keys, kind::corrupt}) {
            const auto run = run_bridge(rule, tap, {each(97, what)});
            EXPECT_EQ(run.bridge.of(what), bridged_vehicles * bridged_messages / 97);
            expect_findings(run);
        }
        expect_findings(run_bridge(rule, tap, {each(9'001, kind::stall)}));
        expect_findings(run_bridge(rule, tap,
                                   {each(97, kind::drop), each(89, kind::duplicate), each(83, kind::swap_keys),
                                    each(79, kind::corrupt), each(9'001, kind::stall), each(73, kind::reorder),
                                    each(71, kind::reorder)}));
    }
}

TEST(bridge_findings, reordered_records_are_found_with_their_distance) {
    const auto run = run_bridge({}, {.vehicle = "/vin"}, {each(997, bridge_fault::kind::reorder)});
    EXPECT_EQ(run.bridge.of(bridge_fault::kind::reorder), 20U);
    EXPECT_EQ(run.found.largest_distance.value, 3U);
    expect_findings(run);
}
