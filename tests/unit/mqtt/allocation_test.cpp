// Heap use of a session: none while idle, none per message on the hot paths.
#include "session_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {
std::size_t allocations = 0; // of this program, total
std::ptrdiff_t live_allocations = 0;
} // namespace

void* operator new(std::size_t n) {
    ++allocations;
    ++live_allocations;
    if (void* p = std::malloc(n)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    live_allocations -= p != nullptr ? 1 : 0;
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept { operator delete(p); }

namespace {

class null_events final : public session_events {
public:
    void on_connected(session&, const server_limits&) override {}
    void on_message(session&, const message&) override { ++messages; }
    void on_published(session&, std::uint16_t, reason) override {}
    void on_subscribed(session&, std::uint16_t, std::span<const reason>) override {}
    int messages = 0;
};

struct bare_session {
    explicit bare_session(session_options o) : options(o), client(options) {
        out.reserve(4096);
        client.open({.client_id = "car"}, now, out);
        (void)client.receive(hex(options.protocol == version::v5_0 ? "20 03 00 00 00" : "20 02 00 00"), now, out,
                             events);
        out.clear();
    }
    void receive(const bytes& in) {
        EXPECT_FALSE(client.receive(in, now, out, events).error);
        out.clear();
    }
    session_options options;
    session client;
    bytes out;
    monotonic_time now{1h};
    null_events events;
};

} // namespace

TEST(allocation, an_idle_session_owns_no_heap) {
    for (const auto& o : {options_of(version::v3_1_1), kept_v5()}) {
        bare_session s(o);
        const auto before = live_allocations;
        {
            session moved = std::move(s.client);
            EXPECT_EQ(live_allocations, before); // a session that owned heap would free it with `moved`
        }
        EXPECT_EQ(live_allocations, before);
    }
}

TEST(allocation, heap_is_freed_when_all_is_acknowledged) {
    const auto puback = hex("40 02 00 01"), pubrel = hex("62 02 00 07"), qos_2 = hex("34 06 00 01 't' 00 07 00");
    bare_session s(kept_v5());
    const auto idle = live_allocations;
    ASSERT_FALSE(s.client.publish({.topic = "t", .payload = "x", .quality = qos::at_least_once}, s.now, s.out).error);
    s.receive(qos_2);
    EXPECT_GT(live_allocations, idle);
    s.receive(puback);
    s.receive(pubrel);
    EXPECT_EQ(live_allocations, idle);
    ASSERT_FALSE(s.client.publish({.topic = "t", .payload = "x", .quality = qos::at_least_once}, s.now, s.out).error);
    s.client.close(reason::success, s.now, s.out);
    s.options.clean_start = true;
    s.client.open({.client_id = "c"}, s.now, s.out);
    s.client.transport_lost();
    EXPECT_EQ(live_allocations, idle);
}

TEST(allocation, none_for_a_message_in_or_a_qos_0_message_out) {
    const auto in = hex("30 04 00 01 't' 00 32 0A 00 01 't' 00 09 04 08 00 01 'r'");
    bare_session s(kept_v5());
    const auto before = allocations;
    for (int i = 0; i < 100; ++i) {
        s.receive(in);
        (void)s.client.publish({.topic = "t", .payload = "x"}, s.now, s.out);
        (void)s.client.on_timer(s.now += 1s, s.out);
    }
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(s.events.messages, 200);
}

TEST(allocation, qos_1_keeps_a_copy_only_to_resend_it) {
    const auto cost = [](const session_options& o) {
        bare_session s(o);
        const auto before = allocations;
        (void)s.client.publish({.topic = "t", .payload = "x", .quality = qos::at_least_once}, s.now, s.out);
        return allocations - before;
    };
    EXPECT_EQ(cost(options_of(version::v5_0)), 1U);
    EXPECT_EQ(cost(options_of(version::v3_1_1)), 1U);
    EXPECT_EQ(cost(kept_v5()), 2U);
    EXPECT_EQ(cost(options_of(version::v3_1_1, false)), 2U);
}

TEST(allocation, pubrec_frees_the_copy) { // 4.3.3: the message is never sent again
    const auto pubrec = hex("50 02 00 01");
    bare_session s(kept_v5());
    (void)s.client.publish({.topic = "t", .payload = "x", .quality = qos::exactly_once}, s.now, s.out);
    const auto before = live_allocations;
    s.receive(pubrec);
    EXPECT_EQ(live_allocations, before - 1);
}

TEST(allocation, an_announced_length_allocates_nothing) {
    bare_session s(options_of(version::v5_0));
    const auto huge = hex("30 FF FF FF 7F 00 01 't' 00");
    const auto before = allocations;
    s.receive(huge);
    EXPECT_EQ(allocations, before);
}
