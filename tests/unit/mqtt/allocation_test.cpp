// What a session costs in heap: nothing while idle, nothing a message on the paths that carry the load.
#include "conversation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {
std::size_t allocations = 0; // of this program so far
std::ptrdiff_t living = 0;
} // namespace

void* operator new(std::size_t n) {
    ++allocations;
    ++living;
    if (void* p = std::malloc(n)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    living -= p != nullptr ? 1 : 0;
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }

namespace {

class silent final : public session_events {
public:
    void on_connected(session&, const server_limits&) override {}
    void on_message(session&, const message&) override { ++messages; }
    void on_published(session&, std::uint16_t, reason) override {}
    void on_subscribed(session&, std::uint16_t, std::span<const reason>) override {}
    int messages = 0;
};

struct quiet_session {
    explicit quiet_session(session_options o) : options(o), car(options) {
        out.reserve(4096);
        car.open({.client_id = "car"}, now, out);
        (void)car.receive(hex(options.protocol == version::v5_0 ? "20 03 00 00 00" : "20 02 00 00"), now, out, events);
        out.clear();
    }
    void tell(const bytes& in) {
        EXPECT_FALSE(car.receive(in, now, out, events).error);
        out.clear();
    }
    session_options options;
    session car;
    bytes out;
    monotonic_time now{1h};
    silent events;
};

} // namespace

TEST(allocation, an_idle_session_owns_nothing) {
    for (const auto& o : {options_of(version::v3_1_1), kept_v5()}) {
        quiet_session s(o);
        const auto before = living;
        {
            session moved = std::move(s.car);
            EXPECT_EQ(living, before); // a session that owned heap would free it with `moved`
        }
        EXPECT_EQ(living, before);
    }
}

TEST(allocation, returns_to_nothing_when_all_is_acknowledged) {
    const auto puback = hex("40 02 00 01"), pubrel = hex("62 02 00 07"), qos_2 = hex("34 06 00 01 't' 00 07 00");
    quiet_session s(kept_v5());
    const auto idle = living;
    ASSERT_FALSE(s.car.publish({.topic = "t", .payload = "x", .quality = qos::at_least_once}, s.now, s.out).error);
    s.tell(qos_2);
    EXPECT_GT(living, idle);
    s.tell(puback);
    s.tell(pubrel);
    EXPECT_EQ(living, idle);
    ASSERT_FALSE(s.car.publish({.topic = "t", .payload = "x", .quality = qos::at_least_once}, s.now, s.out).error);
    s.car.close(reason::success, s.now, s.out);
    s.options.clean_start = true;
    s.car.open({.client_id = "c"}, s.now, s.out);
    s.car.transport_lost();
    EXPECT_EQ(living, idle);
}

TEST(allocation, none_for_a_message_in_or_a_qos_0_message_out) {
    const auto in = hex("30 04 00 01 't' 00 32 0A 00 01 't' 00 09 04 08 00 01 'r'");
    quiet_session s(kept_v5());
    const auto before = allocations;
    for (int i = 0; i < 100; ++i) {
        s.tell(in);
        (void)s.car.publish({.topic = "t", .payload = "x"}, s.now, s.out);
        (void)s.car.on_timer(s.now += 1s, s.out);
    }
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(s.events.messages, 200);
}

TEST(allocation, qos_1_keeps_a_copy_only_to_resend_it) {
    const auto cost = [](const session_options& o) {
        quiet_session s(o);
        const auto before = allocations;
        (void)s.car.publish({.topic = "t", .payload = "x", .quality = qos::at_least_once}, s.now, s.out);
        return allocations - before;
    };
    EXPECT_EQ(cost(options_of(version::v5_0)), 1U);
    EXPECT_EQ(cost(options_of(version::v3_1_1)), 1U);
    EXPECT_EQ(cost(kept_v5()), 2U);
    EXPECT_EQ(cost(options_of(version::v3_1_1, false)), 2U);
}

TEST(allocation, pubrec_frees_the_copy) { // 4.3.3: the message is never sent again
    const auto pubrec = hex("50 02 00 01");
    quiet_session s(kept_v5());
    (void)s.car.publish({.topic = "t", .payload = "x", .quality = qos::exactly_once}, s.now, s.out);
    const auto before = living;
    s.tell(pubrec);
    EXPECT_EQ(living, before - 1);
}

TEST(allocation, a_claimed_length_costs_nothing) {
    quiet_session s(options_of(version::v5_0));
    const auto huge = hex("30 FF FF FF 7F 00 01 't' 00");
    const auto before = allocations;
    s.tell(huge);
    EXPECT_EQ(allocations, before);
}
