// The floor does the same on the wire as loadsim: byte for byte what loadsim's own session writes.
extern "C" {
#include <wire.h>
}

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/mqtt/session.hpp>

#include <gmock/gmock.h>

#include <array>
#include <string>

namespace loadsim::bench {
namespace {

constexpr const char* offline = R"({"state":"offline"})";
const std::string response_topic = "loadsim/loadsim-0123abcd-0/rsp";
const std::string id = "loadsim-0123abcd-0-42";

/// Hears nothing but the last message, whose views end with the call: kept as text.
class listener final : public mqtt::session_events {
public:
    void on_connected(mqtt::session&, const mqtt::server_limits&) override {}
    void on_message(mqtt::session&, const mqtt::message& m) override {
        topic = m.topic;
        payload = m.payload;
        response = m.response_topic;
        correlation = m.correlation_data;
    }
    void on_published(mqtt::session&, std::uint16_t, mqtt::reason) override {}
    void on_subscribed(mqtt::session&, std::uint16_t, std::span<const mqtt::reason>) override {}
    std::string topic, payload, response, correlation;
};

std::string text_of(const mqtt::bytes& b) { return {b.begin(), b.end()}; }

/// A session of loadsim's that stands, as a vehicle's does.
class floor_wire : public testing::Test {
protected:
    floor_wire() {
        vin_of(vin.data(), 1234);
        name = vin.data();
        session.open({.client_id = name,
                      .last_will = mqtt::will{.topic = presence(),
                                              .payload = offline,
                                              .quality = mqtt::qos::at_least_once,
                                              .retain = true}},
                     now, sent);
        connect = text_of(sent);
        sent.clear();
        (void)session.receive(mqtt::bytes{0x20, 3, 0, 0, 0}, now, sent, heard);
    }

    const std::string& presence() {
        presence_ = contract::presence_topic(name);
        return presence_;
    }
    /// What loadsim has written since, and what the floor has.
    std::string theirs() { return text_of(std::exchange(sent, {})); }
    std::string floors() const { return {reinterpret_cast<const char*>(room.data()), out.size}; }

    const monotonic_time now{};
    mqtt::session_options options;
    mqtt::session session{options};
    listener heard;
    mqtt::bytes sent;
    std::array<char, vin_size + 1> vin{};
    std::string name, presence_, connect;
    std::array<std::uint8_t, 2048> room{};
    output out{room.data(), 0};
};

TEST_F(floor_wire, a_name_is_as_long_as_a_vin) {
    EXPECT_EQ(name.size(), 17u);
    EXPECT_THAT(name, testing::EndsWith("001234"));
}

TEST_F(floor_wire, connect_with_its_will) {
    put_connect(&out, vin.data(), 60, vin.data());
    EXPECT_EQ(floors(), connect);
}

TEST_F(floor_wire, subscription_and_presence) {
    const auto filter = contract::command_filter(name);
    const mqtt::subscription commands{filter, mqtt::qos::at_least_once};
    const auto asked = session.subscribe({&commands, 1}, now, sent);
    (void)session.publish({.topic = presence(), .payload = R"({"state":"online"})", .retain = true}, now, sent);
    put_subscribe(&out, asked.packet_id, filter.c_str());
    put_presence(&out, vin.data(), "online");
    EXPECT_EQ(floors(), theirs());
}

TEST_F(floor_wire, command) {
    const auto topic = contract::command_topic(name, "horn");
    const auto payload = contract::to_json(contract::command{id, "horn", 1'700'000'000'123});
    const auto published = session.publish({.topic = topic,
                                            .payload = payload,
                                            .quality = mqtt::qos::at_least_once,
                                            .response_topic = response_topic,
                                            .correlation_data = id},
                                           now, sent);
    put_command(&out, vin.data(), published.packet_id, response_topic.c_str(), id.c_str(), 1'700'000'000'123);
    EXPECT_EQ(floors(), theirs());
}

TEST_F(floor_wire, acknowledgement_and_answer) {
    // The broker hands a command on; the floor's own packet is good enough for that, the test above has looked at it.
    put_command(&out, vin.data(), 7, response_topic.c_str(), id.c_str(), 1);
    (void)session.receive({room.data(), out.size}, now, sent, heard);
    ASSERT_EQ(heard.correlation, id);
    const auto payload = contract::to_json(contract::response{.id = id,
                                                              .at = contract::response::phase::final,
                                                              .code = {},
                                                              .ts_ms = 1'700'000'000'456,
                                                              .sent_us = 98'765'432});
    const auto published = session.publish({.topic = heard.response,
                                            .payload = payload,
                                            .quality = mqtt::qos::at_least_once,
                                            .correlation_data = heard.correlation},
                                           now, sent);

    std::size_t body = 0;
    const auto length = packet_length({room.data(), out.size}, &body);
    ASSERT_EQ(length, out.size);
    const std::string command(reinterpret_cast<const char*>(room.data()), length);
    const auto* bytes_of = reinterpret_cast<const std::uint8_t*>(command.data());
    publish read{};
    ASSERT_TRUE(read_publish(bytes_of[0], {bytes_of + body, length - body}, &read));
    out.size = 0;
    put_puback(&out, read.packet_id);
    put_answer(&out, &read, published.packet_id, 1'700'000'000'456, 98'765'432);
    EXPECT_EQ(floors(), theirs());
}

TEST_F(floor_wire, round_trip_is_as_long) {
    const std::string payload(bench_payload, 'x');
    const auto published = session.publish(
        {.topic = "v1/" + name + "/bench", .payload = payload, .quality = mqtt::qos::at_least_once}, now, sent);
    put_bench(&out, vin.data(), published.packet_id);
    EXPECT_EQ(floors().size(), theirs().size());
}

TEST_F(floor_wire, ping_and_goodbye) {
    (void)session.on_timer(now + options.keep_alive, sent);
    session.close(mqtt::reason::success, now, sent);
    put_pingreq(&out);
    put_disconnect(&out);
    EXPECT_EQ(floors(), theirs());
}

TEST_F(floor_wire, half_a_packet_is_none_and_nonsense_is_refused) {
    put_command(&out, vin.data(), 7, response_topic.c_str(), id.c_str(), 1);
    std::size_t body = 0;
    EXPECT_EQ(packet_length({room.data(), 1}, &body), 0u);
    EXPECT_EQ(packet_length({room.data(), 20}, &body), out.size) << "its header is enough to know";
    const std::array<std::uint8_t, 6> endless{0x30, 0x80, 0x80, 0x80, 0x80, 0x01};
    EXPECT_EQ(packet_length({endless.data(), endless.size()}, &body), SIZE_MAX);
    (void)packet_length({room.data(), out.size}, &body);
    publish read{};
    for (std::size_t cut = 0; cut < 80; ++cut) // in its topic, its packet identifier, its properties
        EXPECT_FALSE(read_publish(room[0], {room.data() + body, cut}, &read)) << cut;
}

} // namespace
} // namespace loadsim::bench
