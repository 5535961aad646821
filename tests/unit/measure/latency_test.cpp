#include <loadsim/measure/latency.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

latency_table sample_table() {
    latency_table t;
    t.record(hop::accept, 9, 9, 999ms); // neighbouring hops must not be selected
    t.record(hop::e2e, 0, 0, 1ms);
    t.record(hop::e2e, 0, 1, 2ms);
    t.record(hop::e2e, 1, 0, 4ms);
    t.record(hop::e2e, 1, 1, 8ms);
    t.record(hop::e2e, 1, 1, 9ms);
    t.record(hop::platform, 0, 0, 999ms);
    return t;
}

} // namespace

TEST(latency_table, selects_by_hop_service_and_phase) {
    struct {
        hop of;
        group_selection filter;
        std::vector<nanoseconds> samples;
    } const cases[] = {
        {hop::e2e, {}, {1ms, 2ms, 4ms, 8ms, 9ms}},
        {hop::e2e, {.service = 0, .phase = {}}, {1ms, 2ms}},
        {hop::e2e, {.service = 1, .phase = {}}, {4ms, 8ms, 9ms}},
        {hop::e2e, {.service = {}, .phase = 0}, {1ms, 4ms}},
        {hop::e2e, {.service = 1, .phase = 1}, {8ms, 9ms}},
        {hop::e2e, {.service = 2, .phase = {}}, {}},
        {hop::lag, {}, {}},
        {hop::accept, {}, {999ms}},
    };
    for (const auto& c : cases) {
        histogram expected;
        for (const auto sample : c.samples) expected.record(sample);
        EXPECT_EQ(sample_table().select(c.of, c.filter), expected) << to_string(c.of);
    }
}

TEST(latency_table, selects_by_segment_and_condition) {
    latency_table t;
    t.record({hop::e2e, {.segment = 0}}, 1ms);
    t.record({hop::e2e, {.segment = 1}}, 2ms);
    t.record({hop::e2e, {.segment = 1, .condition = 0}}, 2ms); // the same request, by its conditions
    t.record({hop::e2e, {.segment = 1, .condition = 3}}, 2ms);
    EXPECT_EQ(t.select(hop::e2e).count(), 2U) << "no sample twice";
    EXPECT_EQ(t.select(hop::e2e, {.segment = 1}).count(), 1U);
    EXPECT_EQ(t.select(hop::e2e, {.condition = 0}).count(), 1U);
    EXPECT_EQ(t.select(hop::e2e, {.segment = 1, .condition = 3}).count(), 1U);
    EXPECT_EQ(t.select(hop::e2e, {.segment = 0, .condition = 3}).count(), 0U);
}

TEST(latency_table, merges_cell_by_cell) {
    auto sum = sample_table();
    latency_table other;
    other.record(hop::e2e, 0, 0, 3ms);
    other.record(hop::notify, 0, 0, 5ms);
    sum.merge(other);
    EXPECT_EQ(sum.select(hop::e2e, {.service = 0, .phase = 0}).count(), 2U);
    EXPECT_EQ(sum.select(hop::e2e).count(), 6U);
    EXPECT_EQ(sum.select(hop::notify).count(), 1U);
    EXPECT_EQ(sum.cells().size(), sample_table().cells().size() + 1);
    EXPECT_TRUE(latency_table{}.empty());
    EXPECT_FALSE(sum.empty());
}
