// A complete packet exchange, fragmented and corrupted at every byte.
#include "session_fixture.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::mqtt;

namespace {

struct server_script {
    version v;
    const char* server; ///< all bytes sent by the server
};

// Two outgoing messages (identifiers 1 and 2) and a SUBSCRIBE (3) are acknowledged; messages of all QoS arrive.
const server_script scripts[] = {
    {version::v5_0, "20 06 00 00 03 21 00 05 40 02 00 01 50 02 00 02 90 04 00 03 00 01 30 05 00 01 't' 00 'a' "
                    "32 0B 00 01 't' 00 09 04 08 00 01 'r' 'b' 34 06 00 01 't' 00 07 00 3C 06 00 01 't' 00 07 00 "
                    "62 02 00 07 70 02 00 02 D0 00 E0 08 9D 06 1C 00 03 'h:1'"},
    {version::v3_1_1,
     "20 02 00 00 40 02 00 01 50 02 00 02 90 03 00 03 01 30 04 00 01 't' 'a' 32 06 00 01 't' 00 09 'b' "
     "34 05 00 01 't' 00 07 3C 05 00 01 't' 00 07 62 02 00 07 70 02 00 02 D0 00"},
};

struct outcome {
    std::string events;
    std::string output;
    std::error_code error;
    std::size_t consumed = 0;

    friend bool operator==(const outcome&, const outcome&) = default;
};

/// Receives `in` as a transport does: unconsumed bytes are presented again with more bytes behind them.
template <class NextSize>
outcome play(version v, const bytes& in, const NextSize& next_size) {
    session_fixture c(options_of(v));
    c.open();
    c.in_on_connected = [&](session& s) {
        c.publish(qos::at_least_once);
        c.publish(qos::exactly_once);
        const subscription one[] = {{"a"}};
        (void)s.subscribe(one, c.now, c.out);
    };
    outcome o;
    std::size_t arrived = 0;
    while (arrived < in.size() && !o.error) {
        arrived = std::min(in.size(), arrived + next_size());
        const auto r = c.client.receive(byte_view(in).subspan(o.consumed, arrived - o.consumed), c.now, c.out, c);
        EXPECT_LE(r.consumed, arrived - o.consumed);
        o.consumed += r.consumed;
        o.error = r.error;
    }
    o.events = c.take_events();
    o.output = c.take_output();
    return o;
}

outcome play_whole(version v, const bytes& in) {
    return play(v, in, [&] { return in.size(); });
}

} // namespace

TEST(fragmentation, the_exchange_is_the_expected_one) {
    const auto o = play_whole(scripts[0].v, hex(scripts[0].server));
    EXPECT_EQ(o.error, errc::use_another_server);
    EXPECT_EQ(o.events,
              "connected; published 1 success; subscribed 3 granted qos 1; message t a q0; message t b q1 to r; "
              "message t  q2; published 2 success");
    EXPECT_EQ(o.output, to_hex("32 07 00 01 't' 00 01 00 'x' 34 07 00 01 't' 00 02 00 'x' 82 07 00 03 00 00 01 'a' 01 "
                               "62 02 00 02 40 02 00 09 50 02 00 07 50 02 00 07 70 02 00 07"));
}

TEST(fragmentation, chunks_of_any_size_give_the_same) {
    for (const auto& s : scripts) {
        const auto in = hex(s.server);
        const auto whole = play_whole(s.v, in);
        for (std::size_t size = 1; size < in.size(); ++size)
            EXPECT_EQ(play(s.v, in, [&] { return size; }), whole) << size;
    }
}

TEST(fragmentation, a_truncated_input_is_never_an_error) {
    for (const auto& s : scripts) {
        const auto in = hex(s.server);
        for (std::size_t n = 0; n < in.size(); ++n) {
            const auto o = play_whole(s.v, bytes(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(n)));
            EXPECT_EQ(o.error, std::error_code{}) << n;
            EXPECT_LE(o.consumed, n);
        }
    }
}

TEST(fragmentation, a_corrupted_byte_has_the_same_result_whole_or_byte_by_byte) {
    for (const auto& s : scripts) {
        const auto in = hex(s.server);
        std::size_t errors = 0;
        for (std::size_t n = 0; n < in.size(); ++n) {
            for (const int flip : {0x01, 0x80, 0xFF}) {
                auto corrupted = in;
                corrupted[n] = static_cast<std::uint8_t>(corrupted[n] ^ flip);
                const auto whole = play_whole(s.v, corrupted);
                EXPECT_EQ(play(s.v, corrupted, [] { return std::size_t{1}; }), whole) << n;
                errors += whole.error ? 1 : 0;
            }
        }
        EXPECT_GT(errors, in.size()); // most corruptions are detected
    }
}

TEST(fragmentation, a_connection_lost_after_each_byte_is_resumed) {
    const auto in = hex("20 03 00 00 00 40 02 00 01 50 02 00 02 70 02 00 02");
    for (std::size_t n = 0; n <= in.size(); ++n) {
        session_fixture c(kept_v5());
        c.open();
        c.in_on_connected = [&](session&) {
            c.publish(qos::at_least_once);
            c.publish(qos::exactly_once);
            c.in_on_connected = nullptr;
        };
        ASSERT_FALSE(c.client.receive(byte_view(in).first(n), c.now, c.out, c).error);
        const bool had_session = n >= 5;
        c.lose_transport().connect(had_session ? "20 03 01 00 00" : "20 03 00 00 00");
        ASSERT_FALSE(c.error) << n;
        c.receive(n >= 9 ? "" : "40 02 00 01");
        c.receive(n >= 13 ? "" : "50 02 00 02");
        c.receive(n >= 17 ? "" : "70 02 00 02");
        ASSERT_FALSE(c.error) << n;
        const auto events = c.take_events();
        EXPECT_NE(events.find("published 1 success"), std::string::npos) << n << events;
        EXPECT_NE(events.find("published 2 success"), std::string::npos) << n << events;
        EXPECT_EQ(c.client.unacknowledged(), 0U) << n;
    }
}
