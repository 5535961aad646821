// Malformed packets, with the clause that forbids them.
#include "hex.hpp"
#include "recode.hpp"
#include "short_names.hpp"

#include <gtest/gtest.h>

using namespace loadsim::mqtt;

namespace {

constexpr auto malformed = reason::malformed_packet;
constexpr auto protocol = reason::protocol_error;

struct bad_header {
    const char* bytes;
    const char* why;
};

struct bad_packet {
    const char* bytes;
    version v;
    reason verdict;
    const char* why;
};

const bad_packet malformed_packets[] = {
    // CONNECT
    {"10 0D 00 04 'MQTX' 04 02 00 0A 00 01 'a'", v3, reason::unsupported_protocol_version, "3.1.2.1 name"},
    {"10 0D 00 04 'MQTT' 06 02 00 0A 00 01 'a'", v3, reason::unsupported_protocol_version, "3.1.2.2 level"},
    {"10 0D 00 04 'MQTT' 04 03 00 0A 00 01 'a'", v3, malformed, "MQTT-3.1.2-3 reserved flag"},
    {"10 0D 00 04 'MQTT' 04 0A 00 0A 00 01 'a'", v3, malformed, "MQTT-3.1.2-11 will QoS without will"},
    {"10 0D 00 04 'MQTT' 04 22 00 0A 00 01 'a'", v3, malformed, "MQTT-3.1.2-13 will retain without will"},
    {"10 13 00 04 'MQTT' 04 1E 00 0A 00 01 'a' 00 01 't' 00 01 'p'", v3, malformed, "MQTT-3.1.2-12 will QoS 3"},
    {"10 13 00 04 'MQTT' 04 06 00 0A 00 01 'a' 00 01 '#' 00 01 'p'", v3, malformed, "3.1.3.3 will topic a wildcard"},
    {"10 10 00 04 'MQTT' 04 42 00 0A 00 01 'a' 00 01 'p'", v3, malformed, "3.1.1, MQTT-3.1.2-22 password alone"},
    {"10 0E 00 04 'MQTT' 04 02 00 0A 00 01 'a' 00", v3, malformed, "3.1.3 trailing byte"},
    {"10 0C 00 04 'MQTT' 04 02 00 0A 00 01", v3, malformed, "3.1.3 client id cut"},
    {"10 13 00 04 'MQTT' 05 02 00 0A 05 18 00 00 00 01 00 01 'a'", v5, malformed,
     "3.1.3.2.2 will delay outside a will"},
    {"10 11 00 04 'MQTT' 05 02 00 0A 03 21 00 00 00 01 'a'", v5, protocol, "3.1.2.11.3 receive maximum 0"},
    {"10 13 00 04 'MQTT' 05 02 00 0A 05 27 00 00 00 00 00 01 'a'", v5, protocol, "3.1.2.11.4 packet size 0"},
    {"10 10 00 04 'MQTT' 05 02 00 0A 02 17 02 00 01 'a'", v5, protocol, "3.1.2.11.7 problem information 2"},
    {"10 12 00 04 'MQTT' 05 02 00 0A 04 16 00 01 'x' 00 01 'a'", v5, protocol, "3.1.2.11.10 data without method"},
    // CONNACK
    {"20 02 02 00", v3, malformed, "MQTT-3.2.2-1 reserved flags"},
    {"20 02 00 06", v3, protocol, "3.1.1, table 3.1 reserved code"},
    {"20 02 01 05", v3, protocol, "3.1.1, MQTT-3.2.2-4 session present with a refusal"},
    {"20 03 01 87 00", v5, protocol, "MQTT-3.2.2-6"},
    {"20 03 00 00 00", v3, malformed, "3.1.1, 3.2.1 length 3"},
    {"20 02 00 00", v5, malformed, "3.2.2.3 property length missing"},
    {"20 01 00", v3, malformed, "3.2.1 length 1"},
    {"20 03 00 8E 00", v5, protocol, "MQTT-3.2.2-8 not a CONNACK code"},
    {"20 03 00 0F 00", v5, protocol, "2.4 unknown code"},
    {"20 05 00 00 02 24 02", v5, protocol, "3.2.2.3.4 maximum QoS 2"},
    {"20 07 00 00 04 24 01 24 01", v5, protocol, "3.2.2.3.4 twice"},
    {"20 06 00 00 03 23 00 01", v5, malformed, "2.2.2.2 topic alias has no place here"},
    {"20 05 00 00 02 7F 00", v5, malformed, "2.2.2.2 unknown property"},
    {"20 05 00 00 02 04 00", v5, malformed, "2.2.2.2 number without a property"},
    {"20 06 00 00 03 A4 00 01", v5, malformed, "2.2.2.2 identifier not minimal"},
    {"20 04 00 00 01 21", v5, malformed, "2.2.2.2 value missing"},
    {"20 05 00 00 03 21 00", v5, malformed, "2.2.2.1 length beyond the packet"},
    {"20 06 00 00 02 24 01 00", v5, malformed, "2.2.2.1 bytes behind the properties"},
    {"20 06 00 00 82 00 24 01", v5, malformed, "1.5.5 property length not minimal"},
    // PUBLISH
    {"36 07 00 03 'a/b' 00 01", v3, malformed, "MQTT-3.3.1-4 QoS 3"},
    {"38 05 00 03 'a/b'", v3, malformed, "MQTT-3.3.1-2 DUP with QoS 0"},
    {"32 07 00 03 'a/b' 00 00", v3, protocol, "MQTT-2.3.1-1 packet identifier 0"},
    {"30 05 00 03 'a/+'", v3, malformed, "MQTT-3.3.2-2 wildcard +"},
    {"30 05 00 03 'a/#'", v3, malformed, "MQTT-3.3.2-2 wildcard #"},
    {"30 02 00 00", v3, malformed, "MQTT-4.7.3-1 empty name"},
    {"30 03 00 00 00", v5, protocol, "3.3.2.1 empty name, no alias"},
    {"30 04 00 02 C0 80", v3, malformed, "1.5.4 overlong"},
    {"30 05 00 03 E0 80 AF", v3, malformed, "1.5.4 overlong"},
    {"30 05 00 03 ED A0 80", v3, malformed, "MQTT-1.5.4-1 surrogate"},
    {"30 05 00 03 'a' 00 'b'", v3, malformed, "MQTT-1.5.4-2 U+0000"},
    {"30 0C 00 0A 'abcdefgh' 00 'b'", v3, malformed, "MQTT-1.5.4-2 U+0000 in the second word"},
    {"30 06 00 04 F4 90 80 80", v3, malformed, "1.5.4 above U+10FFFF"},
    {"30 03 00 01 80", v3, malformed, "1.5.4 a tail alone"},
    {"30 04 00 02 C3 'x'", v3, malformed, "1.5.4 tail missing"},
    {"30 04 00 03 'a/'", v3, malformed, "3.3.2.1 name cut"},
    {"32 04 00 01 't' 00", v3, malformed, "3.3.2.2 identifier cut"},
    {"30 03 00 01 't'", v5, malformed, "3.3.2.3.1 property length missing"},
    {"30 07 00 01 't' 03 23 00 00", v5, reason::topic_alias_invalid, "3.3.2.3.4 alias 0"},
    {"30 0A 00 01 't' 06 23 00 01 23 00 01", v5, protocol, "3.3.2.3.4 alias twice"},
    {"30 06 00 01 't' 02 01 02", v5, protocol, "3.3.2.3.2 payload format 2"},
    {"30 08 00 01 't' 04 08 00 01 '#'", v5, protocol, "MQTT-3.3.2-14 wildcard in response topic"},
    {"30 06 00 01 't' 02 0B 00", v5, protocol, "3.3.2.3.8 subscription identifier 0"},
    {"30 08 00 01 't' 04 1F 00 01 'x'", v5, malformed, "2.2.2.2 reason string misplaced"},
    {"30 08 00 01 't' 04 03 00 01 FF", v5, malformed, "1.5.4 in a property"},
    // acknowledgements
    {"40 02 00 00", v3, protocol, "2.3.1 packet identifier 0"},
    {"40 03 00 01 00", v3, malformed, "3.1.1, 3.4.1 length 3"},
    {"40 01 01", v3, malformed, "3.4.1 length 1"},
    {"40 00", v5, malformed, "3.4.1 empty"},
    {"40 03 00 01 92", v5, protocol, "3.4.2.1 not a PUBACK code"},
    {"62 03 00 01 10", v5, protocol, "3.6.2.1 not a PUBREL code"},
    {"40 05 00 01 00 00 00", v5, malformed, "3.4.2.2 trailing byte"},
    {"70 07 00 01 00 03 21 00 01", v5, malformed, "2.2.2.2 receive maximum misplaced"},
    // SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK
    {"82 02 00 01", v3, protocol, "MQTT-3.8.3-3 no filter"},
    {"82 06 00 00 00 01 'a' 00", v3, protocol, "2.3.1 packet identifier 0"},
    {"82 06 00 01 00 01 'a' 03", v3, malformed, "MQTT-3-8.3-4 QoS 3"},
    {"82 06 00 01 00 01 'a' 04", v3, malformed, "3.1.1, 3.8.3 reserved bits"},
    {"82 07 00 01 00 00 01 'a' 40", v5, malformed, "MQTT-3.8.3-5 reserved bits"},
    {"82 07 00 01 00 00 01 'a' 30", v5, malformed, "3.8.3.1 retain handling 3"},
    {"82 05 00 01 00 01 'a'", v3, malformed, "3.8.3 options missing"},
    {"82 07 00 01 00 02 'a#' 00", v3, malformed, "4.7.1.2 # within a level"},
    {"82 08 00 01 00 03 '#/a' 00", v3, malformed, "4.7.1.2 # not last"},
    {"82 08 00 01 00 03 'a+/' 00", v3, malformed, "4.7.1.3 + within a level"},
    {"82 10 00 01 00 00 09 '$share/+/' 'a' 00", v5, malformed, "MQTT-4.8.2-2"},
    {"82 10 00 01 00 00 0A '$share/g/a' 04", v5, malformed, "MQTT-3.8.3-4 no local, shared"},
    {"82 0B 00 01 04 0B 01 0B 02 00 01 'a' 00", v5, protocol, "3.8.2.1.2 identifier twice"},
    {"90 02 00 01", v3, malformed, "3.9.3 no code"},
    {"90 03 00 01 03", v3, protocol, "MQTT-3.9.3-2 reserved code"},
    {"90 04 00 01 00 03", v5, protocol, "MQTT-3.9.3-2"},
    {"90 03 00 00 00", v3, protocol, "2.3.1 packet identifier 0"},
    {"A2 02 00 01", v3, protocol, "MQTT-3.10.3-2 no filter"},
    {"A2 05 00 01 00 02 'a'", v3, malformed, "3.10.3 filter cut"},
    {"B0 03 00 01 00", v3, malformed, "3.1.1, 3.11 has no payload"},
    {"B0 03 00 01 00", v5, malformed, "3.11.3 no code"},
    {"B0 04 00 01 00 01", v5, protocol, "MQTT-3.11.3-2"},
    // PINGREQ, PINGRESP, DISCONNECT, AUTH
    {"C0 01 00", v3, malformed, "3.12 has nothing in it"},
    {"D0 01 00", v5, malformed, "3.13 has nothing in it"},
    {"E0 01 00", v3, malformed, "3.1.1, 3.14 has nothing in it"},
    {"E0 01 01", v5, protocol, "3.14.2.1 not a DISCONNECT code"},
    {"E0 03 00 00 00", v5, malformed, "3.14.2.2 trailing byte"},
    {"F0 00", v3, malformed, "3.1.1, table 2.1: type 15 is forbidden"},
    {"F0 01 80", v5, protocol, "3.15.2.1 not an AUTH code"},
};

} // namespace

TEST(malformed, header_is_rejected_at_once) {
    const bad_header cases[] = {
        {"00", "2.1.2 type 0"},
        {"11", "2.1.3 CONNECT flags"},
        {"21", "2.1.3 CONNACK flags"},
        {"41", "2.1.3 PUBACK flags"},
        {"52", "2.1.3 PUBREC flags"},
        {"60", "MQTT-3.6.1-1 PUBREL flags"},
        {"6A", "MQTT-3.6.1-1 PUBREL flags"},
        {"72", "2.1.3 PUBCOMP flags"},
        {"80", "MQTT-3.8.1-1 SUBSCRIBE flags"},
        {"92", "2.1.3 SUBACK flags"},
        {"A0", "MQTT-3.10.1-1 UNSUBSCRIBE flags"},
        {"B1", "2.1.3 UNSUBACK flags"},
        {"C1", "2.1.3 PINGREQ flags"},
        {"D8", "2.1.3 PINGRESP flags"},
        {"E1", "MQTT-3.14.1-1 DISCONNECT flags"},
        {"F1", "MQTT-3.15.1-1 AUTH flags"},
        {"30 80 80 80 80", "2.1.4 fifth byte of length announced"},
        {"30 FF FF FF FF 7F", "1.5.5 five bytes"},
        {"30 80 00", "1.5.5 not minimal"},
        {"30 FF 80 00", "1.5.5 not minimal"},
    };
    for (const auto& c : cases) EXPECT_EQ(recode(hex(c.bytes), v5).framing_result, framing::malformed) << c.why;
}

TEST(malformed, packets_get_the_reason_of_their_clause) {
    for (const auto& c : malformed_packets) {
        const auto in = hex(c.bytes);
        ASSERT_EQ(in.size(), 2U + in[1]) << c.why << ": the row itself is wrong: " << to_hex(in);
        const auto r = recode(in, c.v);
        EXPECT_EQ(r.framing_result, framing::complete) << c.why;
        EXPECT_EQ(r.verdict, c.verdict) << c.why << ": " << to_string(r.verdict);
    }
}

TEST(malformed, the_decoder_of_another_packet_type_rejects_it) {
    const auto in = hex("C0 00");
    header h;
    ASSERT_EQ(read_header(in, h), framing::complete);
    const frame f(h, in);
    connect_packet connect;
    publish_packet publish;
    ack_packet ack;
    suback_packet suback;
    EXPECT_EQ(decode(f, connect), protocol);
    EXPECT_EQ(decode(f, v5, publish), protocol);
    EXPECT_EQ(decode(f, v5, ack), protocol);
    EXPECT_EQ(decode(f, v5, suback), protocol);
}

struct varint_case {
    std::uint32_t value;
    const char* bytes;
    const char* why;
};

TEST(varint, table_2_1) {
    const varint_case cases[] = {
        {0, "30 00", "shortest"},
        {127, "30 7F", "last of one byte"},
        {128, "30 80 01", "first of two"},
        {16'383, "30 FF 7F", "last of two"},
        {16'384, "30 80 80 01", "first of three"},
        {2'097'151, "30 FF FF 7F", "last of three"},
        {2'097'152, "30 80 80 80 01", "first of four"},
        {268'435'455, "30 FF FF FF 7F", "largest"},
    };
    for (const auto& c : cases) {
        const auto in = hex(c.bytes);
        header h;
        ASSERT_EQ(read_header(in, h), framing::complete) << c.why;
        EXPECT_EQ(h.remaining_length, c.value) << c.why;
        EXPECT_EQ(h.size, in.size()) << c.why;
        for (std::size_t n = 0; n < in.size(); ++n)
            EXPECT_EQ(read_header(byte_view(in).first(n), h), framing::incomplete) << c.why;
    }
}

TEST(varint, lengths_round_trip) {
    for (const std::uint32_t size : {127U, 128U, 16'383U, 16'384U, 2'097'151U, 2'097'152U}) {
        const std::string payload(size - 3, 'x');
        bytes out;
        ASSERT_TRUE(encode(message{.topic = "t", .payload = payload}, 0, v3, out));
        header h;
        ASSERT_EQ(read_header(out, h), framing::complete);
        EXPECT_EQ(h.remaining_length, size);
        EXPECT_EQ(h.packet_size(), out.size());
    }
}

TEST(encode, rejects_what_cannot_be_encoded) {
    const std::string long_text(65'536, 'x');
    bytes out{1, 2, 3};
    EXPECT_FALSE(encode(message{.topic = long_text, .payload = ""}, 0, v3, out));
    EXPECT_FALSE(encode(message{.topic = "t", .payload = "", .correlation_data = long_text}, 0, v5, out));
    EXPECT_FALSE(encode(message{.topic = "t", .payload = "", .content_type = long_text}, 0, v5, out));
    EXPECT_FALSE(encode(connect_packet{.client_id = long_text}, out));
    const std::string_view filters[] = {long_text};
    EXPECT_FALSE(encode_unsubscribe(1, filters, {}, v5, out));
    // No need for 256 MiB of memory: counting_sink does not read the bytes.
    const std::string_view huge(long_text.data(), std::size_t{remaining_length_max});
    EXPECT_FALSE(encode(message{.topic = "t", .payload = huge}, 0, v3, out));
    EXPECT_EQ(out, (bytes{1, 2, 3}));
}

TEST(topic, filters) { // 4.7.1, 4.8.2
    for (const auto* good : {"#", "+", "a/#", "+/b/+", "/", "a//b", "$share/g/a/#", "/+", "$SYS/#", "caf\xC3\xA9"})
        EXPECT_TRUE(valid_topic_filter(good)) << good;
    for (const auto* bad :
         {"", "a#", "#/", "a/#/b", "a+", "+a", "$share/g", "$share//a", "$share/g/", "$share/#/a", "\xFF"})
        EXPECT_FALSE(valid_topic_filter(bad)) << bad;
    EXPECT_TRUE(valid_topic_name("a/b"));
    EXPECT_FALSE(valid_topic_name("a/+"));
    EXPECT_TRUE(
        valid_utf8("\xF0\x9F\x9A\x97 12345678 \xEF\xBF\xBF")); // 1.5.4: noncharacters are discouraged, not forbidden
}

TEST(topic, filters_match) { // 4.7
    struct match {
        const char* filter;
        const char* topic;
        bool fits;
    };
    const match cases[] = {
        {"a/b", "a/b", true},
        {"a/b", "a/bc", false},
        {"a/b", "a", false},
        {"a", "a/b", false},
        {"a/+", "a/b", true},
        {"a/+", "a/", true},
        {"a/+", "a", false},
        {"a/+", "a/b/c", false},
        {"+/b/+", "a/b/c", true},
        {"+", "/a", false},
        {"+/+", "/a", true},
        {"#", "a/b/c", true},
        {"a/#", "a/b/c", true},
        {"a/#", "a", true}, // 4.7.1.2
        {"a/#", "ab", false},
        {"a/b/#", "a", false},
        {"a/+/#", "a/b", true},
        {"a/", "a/", true},
        {"a/", "a", false},
        {"a", "a/", false},
        {"#", "$SYS/x", false}, // 4.7.2
        {"+/x", "$SYS/x", false},
        {"$SYS/#", "$SYS/x", true},
        {"$share/g/a/+", "a/b", true}, // 4.8.2
        {"$share/g/a/+", "b/b", false},
    };
    for (const auto& c : cases) EXPECT_EQ(matches(c.filter, c.topic), c.fits) << c.filter << " for " << c.topic;
}
