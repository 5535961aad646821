// Begin and end of conditions as decisions: state and link actions.
#include "conditions.hpp"

#include <gtest/gtest.h>

#include <optional>

using namespace loadsim;
using namespace loadsim::fleet;
using kind = vehicle::condition::kind;

namespace {

constexpr std::uint32_t condition_index = 7;
constexpr auto reset = vehicle::disconnect_kind::abrupt;
constexpr auto abandon = vehicle::disconnect_kind::half_open;

struct begin_case {
    const char* reason;
    kind what;
    bool has_duration;
    bool reachable;
    condition_state before;
    link_actions actions;
    condition_state after;
};

struct end_case {
    const char* reason;
    kind what;
    condition_state before;
    link_actions actions;
    condition_state after;
};

vehicle::condition of(kind what) {
    vehicle::condition c;
    c.type = what;
    return c;
}

} // namespace

TEST(begin_condition, changes_the_state_and_tells_the_link) {
    const begin_case cases[] = {
        {"tunnel", kind::tunnel, true, true, {}, {.block = true, .affected = true}, {.tunnels = 1}},
        {"second tunnel: blocked already", kind::tunnel, true, false, {.tunnels = 1}, {}, {.tunnels = 2}},
        {"tunnel while half open", kind::tunnel, true, false, {.half_open = 1}, {}, {.tunnels = 1, .half_open = 1}},
        {"half open", kind::half_open, true, true, {}, {.block = true, .affected = true}, {.half_open = 1}},
        {"garage", kind::garage, true, true, {}, {.disconnect = reset, .affected = true}, {.garages = 1}},
        {"unreachable for another reason", kind::garage, true, false, {}, {.disconnect = reset}, {.garages = 1}},
        {"storm: reconnects at once",
         kind::reconnect_storm,
         false,
         true,
         {},
         {.disconnect = reset, .affected = true},
         {}},
        {"handover with a gap",
         kind::handover,
         true,
         true,
         {},
         {.disconnect = abandon, .affected = true},
         {.garages = 1, .handovers = 1}},
        {"handover without a gap",
         kind::handover,
         false,
         true,
         {.handovers = 3},
         {.disconnect = abandon, .affected = true},
         {.handovers = 4}},
        {"power on", kind::power_on, false, false, {.powered_off = true}, {.connect = true, .affected = true}, {}},
        {"powered on before", kind::power_on, false, true, {}, {}, {}},
        {"slow", kind::slow, true, true, {.slow = {3}}, {.shape = true}, {.slow = {3, 7}}},
        {"lossy", kind::lossy, true, true, {}, {}, {.lossy = {7}}},
        {"an outage is no vehicle's", kind::outage, true, true, {}, {}, {}},
    };
    for (const auto& one : cases) {
        auto state = one.before;
        EXPECT_EQ(begin_condition(of(one.what), condition_index, one.has_duration, one.reachable, state), one.actions)
            << one.reason;
        EXPECT_EQ(state, one.after) << one.reason;
    }
}

TEST(end_condition, changes_the_state_and_tells_the_link) {
    const end_case cases[] = {
        {"tunnel", kind::tunnel, {.tunnels = 1}, {.block = false, .connect = true}, {}},
        {"in another tunnel", kind::tunnel, {.tunnels = 2}, {}, {.tunnels = 1}},
        {"still half open", kind::tunnel, {.tunnels = 1, .half_open = 1}, {}, {.half_open = 1}},
        {"half open", kind::half_open, {.half_open = 1}, {.disconnect = abandon, .block = false, .connect = true}, {}},
        {"half open in a tunnel",
         kind::half_open,
         {.tunnels = 1, .half_open = 1},
         {.disconnect = abandon, .connect = true},
         {.tunnels = 1}},
        {"half open twice", kind::half_open, {.half_open = 2}, {}, {.half_open = 1}},
        {"garage", kind::garage, {.garages = 1}, {.connect = true}, {}},
        {"in another garage", kind::garage, {.garages = 2}, {}, {.garages = 1}},
        {"gap of a handover", kind::handover, {.garages = 1, .handovers = 1}, {.connect = true}, {.handovers = 1}},
        {"slow: one of two", kind::slow, {.slow = {7, 3, 7}}, {.shape = true}, {.slow = {3, 7}}},
        {"lossy", kind::lossy, {.lossy = {7}}, {}, {}},
        {"instantaneous", kind::reconnect_storm, {}, {}, {}},
    };
    for (const auto& one : cases) {
        auto state = one.before;
        EXPECT_EQ(end_condition(of(one.what), condition_index, state), one.actions) << one.reason;
        EXPECT_EQ(state, one.after) << one.reason;
    }
}
