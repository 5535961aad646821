// Begin and end of conditions as decisions: state and link actions.
#include "conditions.hpp"

#include <gtest/gtest.h>

#include <optional>

using namespace loadsim;
using namespace loadsim::fleet;
using condition_kind = vehicle::condition::kind;

namespace {

constexpr std::uint32_t condition_index = 7;
constexpr auto reset = vehicle::disconnect_kind::abrupt;
constexpr auto abandon = vehicle::disconnect_kind::half_open;

struct begin_case {
    const char* reason;
    condition_kind what;
    bool has_duration;
    bool reachable;
    condition_state before;
    link_actions actions;
    condition_state after;
};

struct end_case {
    const char* reason;
    condition_kind what;
    condition_state before;
    link_actions actions;
    condition_state after;
};

vehicle::condition of(condition_kind what) {
    vehicle::condition c;
    c.type = what;
    return c;
}

} // namespace

TEST(begin_condition, changes_the_state_and_tells_the_link) {
    const begin_case cases[] = {
        {"tunnel", condition_kind::tunnel, true, true, {}, {.block = true, .affected = true}, {.tunnels = 1}},
        {"second tunnel: blocked already", condition_kind::tunnel, true, false, {.tunnels = 1}, {}, {.tunnels = 2}},
        {"tunnel while half open",
         condition_kind::tunnel,
         true,
         false,
         {.half_open = 1},
         {},
         {.tunnels = 1, .half_open = 1}},
        {"half open", condition_kind::half_open, true, true, {}, {.block = true, .affected = true}, {.half_open = 1}},
        {"garage", condition_kind::garage, true, true, {}, {.disconnect = reset, .affected = true}, {.garages = 1}},
        {"unreachable for another reason",
         condition_kind::garage,
         true,
         false,
         {},
         {.disconnect = reset},
         {.garages = 1}},
        {"storm: reconnects at once",
         condition_kind::reconnect_storm,
         false,
         true,
         {},
         {.disconnect = reset, .affected = true},
         {}},
        {"handover with a gap",
         condition_kind::handover,
         true,
         true,
         {},
         {.disconnect = abandon, .affected = true},
         {.garages = 1, .handovers = 1}},
        {"handover without a gap",
         condition_kind::handover,
         false,
         true,
         {.handovers = 3},
         {.disconnect = abandon, .affected = true},
         {.handovers = 4}},
        {"power on",
         condition_kind::power_on,
         false,
         false,
         {.powered_off = true},
         {.connect = true, .affected = true},
         {}},
        {"powered on before", condition_kind::power_on, false, true, {}, {}, {}},
        {"slow", condition_kind::slow, true, true, {.slow = {3}}, {.shape = true}, {.slow = {3, 7}}},
        {"lossy", condition_kind::lossy, true, true, {}, {}, {.lossy = {7}}},
        {"an outage is no vehicle's", condition_kind::outage, true, true, {}, {}, {}},
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
        {"tunnel", condition_kind::tunnel, {.tunnels = 1}, {.block = false, .connect = true}, {}},
        {"in another tunnel", condition_kind::tunnel, {.tunnels = 2}, {}, {.tunnels = 1}},
        {"still half open", condition_kind::tunnel, {.tunnels = 1, .half_open = 1}, {}, {.half_open = 1}},
        {"half open",
         condition_kind::half_open,
         {.half_open = 1},
         {.disconnect = abandon, .block = false, .connect = true},
         {}},
        {"half open in a tunnel",
         condition_kind::half_open,
         {.tunnels = 1, .half_open = 1},
         {.disconnect = abandon, .connect = true},
         {.tunnels = 1}},
        {"half open twice", condition_kind::half_open, {.half_open = 2}, {}, {.half_open = 1}},
        {"garage", condition_kind::garage, {.garages = 1}, {.connect = true}, {}},
        {"in another garage", condition_kind::garage, {.garages = 2}, {}, {.garages = 1}},
        {"gap of a handover",
         condition_kind::handover,
         {.garages = 1, .handovers = 1},
         {.connect = true},
         {.handovers = 1}},
        {"slow: one of two", condition_kind::slow, {.slow = {7, 3, 7}}, {.shape = true}, {.slow = {3, 7}}},
        {"lossy", condition_kind::lossy, {.lossy = {7}}, {}, {}},
        {"instantaneous", condition_kind::reconnect_storm, {}, {}, {}},
    };
    for (const auto& one : cases) {
        auto state = one.before;
        EXPECT_EQ(end_condition(of(one.what), condition_index, state), one.actions) << one.reason;
        EXPECT_EQ(state, one.after) << one.reason;
    }
}
