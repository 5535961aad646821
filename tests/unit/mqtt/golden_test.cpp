// Packets from the specifications' figures and tables: decoded and encoded again.
// Canonical bytes only; lenient_case has packets that are encoded in a shorter form.
#include "hex.hpp"
#include "recode.hpp"
#include "short_names.hpp"

#include <gtest/gtest.h>

using namespace loadsim::mqtt;

namespace {

struct golden {
    const char* bytes;
    version v;
    const char* why;
};

const golden golden_packets[] = {
    {"10 0D 00 04 'MQTT' 04 02 00 0A 00 01 'a'", v3, "3.1.1, figure 3.2 to 3.5: name, level 4, keep alive 10"},
    {"10 29 00 04 'MQTT' 04 EE 00 0A 00 03 'car' 00 04 'w/ca' 00 04 'gone' 00 04 'user' 00 06 'secret'", v3,
     "3.1.1, figure 3.6: all flags, will QoS 1 retained"},
    {"10 1F 00 04 'MQTT' 05 C2 00 0A 05 11 00 00 00 0A 00 03 'car' 00 01 'u' 00 05 70 00 FF 'wd'", v5,
     "3.1.2, figure 3-6: expiry interval 10; a password is binary (3.1.3.6)"},
    {"10 1C 00 04 'MQTT' 05 36 00 00 00 00 00 05 18 00 00 00 1E 00 01 't' 00 04 'gone'", v5,
     "3.1.3.2.2: will delay 30 s, QoS 2, retain; empty client id"},
    {"20 02 00 00", v3, "3.1.1, figure 3.8"},
    {"20 02 01 00", v3, "3.1.1, 3.2.2.2: session present"},
    {"20 02 00 05", v3, "3.1.1, table 3.1: not authorized"},
    {"20 03 00 00 00", v5, "3.2, no properties"},
    {"20 03 01 00 00", v5, "3.2.2.1.1"},
    {"20 0E 00 9C 0B 1C 00 08 'host:188'", v5, "3.2.2.3.16: server reference"},
    {"20 21 00 00 1E 11 00 00 00 00 21 00 14 24 01 25 00 27 00 00 10 00 12 00 01 'x' 22 00 00 28 01 29 01 2A 01", v5,
     "3.2.2.3: a full set"},
    {"30 06 00 03 'a/b' 'x'", v3, "3.3, QoS 0"},
    {"32 0B 00 03 'a/b' 00 0A 'home'", v3, "3.3.2, figure 3.11: topic a/b, packet identifier 10"},
    {"32 08 00 03 'a/b' 00 0A 00", v5, "3.3.2.4, figure 3-9: topic a/b, packet identifier 10, no properties"},
    {"3D 08 00 03 'a/b' FF FF 00", v5, "3.3.1: DUP, QoS 2, RETAIN; the largest identifier"},
    {"34 07 00 03 'a/b' 00 01", v3, "3.3.1.2: QoS 2, empty payload (3.3.3)"},
    {"32 25 00 01 't' 00 01 1E 01 01 02 00 00 00 0A 03 00 02 'pl' 08 00 01 'r' 09 00 02 00 FF 0B 01 26 00 01 'k' 00 01 "
     "'v' "
     "'x'",
     v5, "3.3.2.3: every property a message has but an alias"},
    {"30 07 00 00 03 23 00 01 'x'", v5, "3.3.2.1: no name but an alias"},
    {"40 02 00 0A", v3, "3.4, PUBACK"},
    {"40 02 00 0A", v5, "3.4.2.1: reason left out is success"},
    {"40 03 00 0A 10", v5, "3.4.2.1: no matching subscribers, no property length"},
    {"50 08 00 0A 97 04 1F 00 01 'q'", v5, "3.5.2.2.2: PUBREC with a reason string"},
    {"62 02 00 0A", v3, "3.6.1: PUBREL has flags 0010"},
    {"62 03 00 0A 92", v5, "3.6.2.1"},
    {"70 02 00 0A", v3, "3.7"},
    {"70 03 00 0A 92", v5, "3.7.2.1"},
    {"82 0E 00 0A 00 03 'a/b' 01 00 03 'c/d' 02", v3, "3.1.1, figure 3.23: a/b QoS 1, c/d QoS 2"},
    {"82 0F 00 0A 00 00 03 'a/b' 01 00 03 'c/d' 02", v5, "3.8.3, figure 3-21"},
    {"82 0B 00 01 02 0B 05 00 03 'a/#' 2D", v5, "3.8.3.1: no local, retain as published, retain handling 2, QoS 1"},
    {"90 05 00 0A 00 02 80", v3, "3.1.1, figure 3.26: QoS 0, QoS 2, failure"},
    {"90 06 00 0A 00 01 02 87", v5, "3.9.3"},
    {"A2 0C 00 0A 00 03 'a/b' 00 03 'c/d'", v3, "3.1.1, figure 3.30"},
    {"A2 0D 00 0A 00 00 03 'a/b' 00 03 'c/d'", v5, "3.10.3, figure 3-28"},
    {"B0 02 00 0A", v3, "3.1.1, figure 3.31"},
    {"B0 05 00 0A 00 00 11", v5, "3.11.3: success, no subscription existed"},
    {"C0 00", v3, "3.12"},
    {"D0 00", v5, "3.13"},
    {"E0 00", v3, "3.1.1, figure 3.35"},
    {"E0 00", v5, "3.14.2.1: left out is normal disconnection"},
    {"E0 01 04", v5, "3.14.2.1: disconnect with will, no property length"},
    {"E0 08 9D 06 1C 00 03 'h:1'", v5, "3.14.2.2.5: server reference"},
    {"F0 00", v5, "3.15.2.1"},
    {"F0 08 18 06 15 00 03 'SCR'", v5, "3.15.2.2.2: authentication method"},
};

} // namespace

TEST(golden, packets_decode_and_encode_to_the_same_bytes) {
    for (const auto& c : golden_packets) {
        const auto in = hex(c.bytes);
        const auto r = recode(in, c.v);
        EXPECT_EQ(r.framing_result, framing::complete) << c.why;
        EXPECT_EQ(r.consumed, in.size()) << c.why;
        EXPECT_EQ(r.verdict, reason::success) << c.why << ": " << to_string(r.verdict);
        EXPECT_EQ(to_hex(r.encoded), to_hex(in)) << c.why;
    }
}

TEST(golden, every_proper_prefix_is_incomplete) {
    for (const auto& c : golden_packets) {
        const auto in = hex(c.bytes);
        for (std::size_t n = 0; n < in.size(); ++n)
            EXPECT_EQ(recode(byte_view(in).first(n), c.v).framing_result, framing::incomplete)
                << c.why << " cut at " << n;
    }
}

struct lenient_case {
    const char* bytes;
    const char* shorter;
    const char* why;
};

TEST(golden, optional_parts_may_be_present) {
    const lenient_case cases[] = {
        {"40 03 00 0A 00", "40 02 00 0A", "3.4.2.1"},
        {"40 04 00 0A 00 00", "40 02 00 0A", "3.4.2.2.1: property length 0"},
        {"40 04 00 0A 10 00", "40 03 00 0A 10", "3.4.2.2.1"},
        {"E0 01 00", "E0 00", "3.14.2.1"},
        {"E0 02 00 00", "E0 00", "3.14.2.2.1"},
        {"E0 02 8B 00", "E0 01 8B", "3.14.2.2.1"},
        {"F0 02 00 00", "F0 00", "3.15.2.1"},
    };
    for (const auto& c : cases) {
        const auto r = recode(hex(c.bytes), v5);
        EXPECT_EQ(r.verdict, reason::success) << c.why;
        EXPECT_EQ(to_hex(r.encoded), to_hex(c.shorter)) << c.why;
    }
}

TEST(golden, fields_of_connect) {
    const auto in =
        hex("10 29 00 04 'MQTT' 04 EE 00 0A 00 03 'car' 00 04 'w/ca' 00 04 'gone' 00 04 'user' 00 06 'secret'");
    header h;
    ASSERT_EQ(read_header(in, h), framing::complete);
    connect_packet p;
    ASSERT_EQ(decode(frame(h, in), p), reason::success);
    EXPECT_EQ(p.protocol, v3);
    EXPECT_TRUE(p.clean_start);
    EXPECT_EQ(p.keep_alive, 10);
    EXPECT_EQ(p.client_id, "car");
    ASSERT_TRUE(p.will);
    EXPECT_EQ(p.will->topic, "w/ca");
    EXPECT_EQ(p.will->payload, "gone");
    EXPECT_EQ(p.will->quality, qos::at_least_once);
    EXPECT_TRUE(p.will->retain);
    EXPECT_EQ(p.user, "user");
    EXPECT_EQ(p.password, "secret");
}

TEST(golden, fields_of_publish) {
    const auto in = hex("3B 16 00 01 't' 12 34 0F 02 00 01 02 03 08 00 01 'r' 09 00 03 00 FF 'z' 'x'");
    header h;
    ASSERT_EQ(read_header(in, h), framing::complete);
    publish_packet p;
    ASSERT_EQ(decode(frame(h, in), v5, p), reason::success);
    EXPECT_TRUE(p.duplicate);
    EXPECT_TRUE(p.retain);
    EXPECT_EQ(p.quality, qos::at_least_once);
    EXPECT_EQ(p.packet_id, 0x1234);
    EXPECT_EQ(p.topic, "t");
    EXPECT_EQ(p.payload, "x");
    EXPECT_EQ(p.props.number(property::message_expiry_interval), 0x00010203U);
    EXPECT_EQ(p.props.text(property::response_topic), "r");
    EXPECT_EQ(p.props.text(property::correlation_data), std::string_view("\0\xFFz", 3));
    EXPECT_FALSE(p.props.find(property::content_type));
}

TEST(golden, connack_return_codes_of_3_1_1_are_reason_codes) { // table 3.1
    const reason codes[] = {reason::success,
                            reason::unsupported_protocol_version,
                            reason::client_identifier_not_valid,
                            reason::server_unavailable,
                            reason::bad_user_name_or_password,
                            reason::not_authorized};
    for (std::uint8_t i = 0; i < 6; ++i) {
        const bytes in{0x20, 2, 0, i};
        header h;
        ASSERT_EQ(read_header(in, h), framing::complete);
        connack_packet p;
        EXPECT_EQ(decode(frame(h, in), v3, p), reason::success);
        EXPECT_EQ(p.code, codes[i]);
        bytes out;
        ASSERT_TRUE(encode(p, v3, out));
        EXPECT_EQ(out, in);
    }
}

TEST(golden, a_message_is_encoded_as_publish) {
    const message m{.topic = "t",
                    .payload = "x",
                    .quality = qos::at_least_once,
                    .retain = true,
                    .response_topic = "r",
                    .correlation_data = "id",
                    .content_type = "js",
                    .expiry_interval = 10};
    bytes out;
    ASSERT_TRUE(encode(m, 7, v5, out));
    EXPECT_EQ(to_hex(out),
              to_hex("33 1A 00 01 't' 00 07 13 02 00 00 00 0A 03 00 02 'js' 08 00 01 'r' 09 00 02 'id' 'x'"));
    out.clear();
    ASSERT_TRUE(encode(m, 7, v3, out));
    EXPECT_EQ(to_hex(out), to_hex("33 06 00 01 't' 00 07 'x'"));
}

TEST(golden, property_block_builds_properties_of_each_type) { // 2.2.2.2
    property_block b;
    b.add(property::maximum_qos, 1)
        .add(property::receive_maximum, 258)
        .add(property::maximum_packet_size, 0x01020304)
        .add(property::subscription_identifier, 128)
        .add(property::server_reference, "h")
        .add_user("k", "v");
    EXPECT_EQ(to_hex(b.view().raw()),
              to_hex("24 01 21 01 02 27 01 02 03 04 0B 80 01 1C 00 01 'h' 26 00 01 'k' 00 01 'v'"));
}

TEST(reason_text, names_of_table_2_6_and_numbers_for_the_rest) {
    EXPECT_EQ(to_string(reason::session_taken_over), "session taken over");
    EXPECT_EQ(to_string(reason::not_authorized), "not authorized");
    EXPECT_EQ(to_string(reason::wildcard_subscriptions_not_supported), "wildcard subscriptions not supported");
    EXPECT_EQ(to_string(static_cast<reason>(0x03)), "reason 0x03");
    EXPECT_EQ(to_string(static_cast<reason>(0xFF)), "reason 0xFF");
}

TEST(error_text, every_error_has_a_message) {
    for (int i = 0; i <= static_cast<int>(errc::invalid_argument); ++i)
        EXPECT_EQ(category().message(i).find("mqtt error"), std::string::npos) << i;
    EXPECT_EQ(std::error_code(errc::connect_refused).message(), "connection refused by the server");
    EXPECT_STREQ(category().name(), "mqtt");
}
