// Wire compatibility of the baseline client: its packets equal those of loadsim's MQTT session byte for byte.
extern "C" {
#include <wire.h>
}

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/mqtt/session.hpp>

#include <gmock/gmock.h>

#include <array>
#include <string>

namespace loadsim::bench {
namespace {

constexpr const char* offline = R"({"state":"offline"})";
const std::string response_topic = "loadsim/loadsim-0123abcd-0/rsp";
const std::string id = "loadsim-0123abcd-0-42";

/// Copy of the last message received; the views of mqtt::message are valid only during the callback.
class last_message final : public mqtt::session_events {
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

/// A connected loadsim session, configured like a vehicle's.
class baseline_wire : public testing::Test {
protected:
    baseline_wire() {
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
        (void)session.receive(mqtt::bytes{0x20, 3, 0, 0, 0}, now, sent, received);
    }

    const std::string& presence() {
        presence_ = backend::presence_topic(name);
        return presence_;
    }
    /// Bytes written since the last call by loadsim's session, and by the baseline client.
    std::string loadsim_bytes() { return text_of(std::exchange(sent, {})); }
    std::string baseline_bytes() const { return {reinterpret_cast<const char*>(buffer.data()), out.size}; }

    const monotonic_time now{};
    mqtt::session_options options;
    mqtt::session session{options};
    last_message received;
    mqtt::bytes sent;
    std::array<char, vin_size + 1> vin{};
    std::string name, presence_, connect;
    std::array<std::uint8_t, 2048> buffer{};
    output out{buffer.data(), 0};
};

TEST_F(baseline_wire, vehicle_name_has_the_length_of_a_vin) {
    EXPECT_EQ(name.size(), 17u);
    EXPECT_THAT(name, testing::EndsWith("001234"));
}

TEST_F(baseline_wire, connect_with_will) {
    put_connect(&out, vin.data(), 60, vin.data());
    EXPECT_EQ(baseline_bytes(), connect);
}

TEST_F(baseline_wire, subscription_and_presence) {
    const auto filter = "v1/" + name + "/cmd/#";
    const mqtt::subscription commands{filter, mqtt::qos::at_least_once};
    const auto subscribed = session.subscribe({&commands, 1}, now, sent);
    (void)session.publish({.topic = presence(), .payload = R"({"state":"online"})", .retain = true}, now, sent);
    put_subscribe(&out, subscribed.packet_id, filter.c_str());
    put_presence(&out, vin.data(), "online");
    EXPECT_EQ(baseline_bytes(), loadsim_bytes());
}

TEST_F(baseline_wire, command) {
    const auto topic = backend::command_topic(name, "horn");
    const auto payload = backend::to_json(backend::command{id, "horn", 1'700'000'000'123});
    const auto published = session.publish({.topic = topic,
                                            .payload = payload,
                                            .quality = mqtt::qos::at_least_once,
                                            .response_topic = response_topic,
                                            .correlation_data = id},
                                           now, sent);
    put_command(&out, vin.data(), published.packet_id, response_topic.c_str(), id.c_str(), 1'700'000'000'123);
    EXPECT_EQ(baseline_bytes(), loadsim_bytes());
}

TEST_F(baseline_wire, acknowledgement_and_response) {
    // The command as the broker forwards it, encoded by the baseline client; the test above checks that encoding.
    put_command(&out, vin.data(), 7, response_topic.c_str(), id.c_str(), 1);
    (void)session.receive({buffer.data(), out.size}, now, sent, received);
    ASSERT_EQ(received.correlation, id);
    const auto payload =
        R"({"id":")" + id + R"(","phase":"final","ok":true,"code":"","ts":1700000000456,"sent":98765432})";
    const auto published = session.publish({.topic = received.response,
                                            .payload = payload,
                                            .quality = mqtt::qos::at_least_once,
                                            .correlation_data = received.correlation},
                                           now, sent);

    std::size_t body = 0;
    const auto length = packet_length({buffer.data(), out.size}, &body);
    ASSERT_EQ(length, out.size);
    const std::string command(reinterpret_cast<const char*>(buffer.data()), length);
    const auto* command_bytes = reinterpret_cast<const std::uint8_t*>(command.data());
    publish decoded{};
    ASSERT_TRUE(read_publish(command_bytes[0], {command_bytes + body, length - body}, &decoded));
    out.size = 0;
    put_puback(&out, decoded.packet_id);
    put_response(&out, &decoded, published.packet_id, 1'700'000'000'456, 98'765'432);
    EXPECT_EQ(baseline_bytes(), loadsim_bytes());
}

TEST_F(baseline_wire, round_trip_message_has_equal_length) {
    const std::string payload(bench_payload, 'x');
    const auto published = session.publish(
        {.topic = "v1/" + name + "/bench", .payload = payload, .quality = mqtt::qos::at_least_once}, now, sent);
    put_bench(&out, vin.data(), published.packet_id);
    EXPECT_EQ(baseline_bytes().size(), loadsim_bytes().size());
}

TEST_F(baseline_wire, telemetry) {
    for (const auto quality : {mqtt::qos::at_most_once, mqtt::qos::at_least_once}) {
        sent.clear();
        out.size = 0;
        auto payload = "{\"vin\":\"" + name + R"(","ts":1700000000123,"seq":7,"pad":")";
        payload += std::string(telemetry_payload - payload.size() - 2, 'x') + "\"}";
        const auto published =
            session.publish({.topic = "v1/" + name + "/tlm", .payload = payload, .quality = quality}, now, sent);
        put_telemetry(&out, vin.data(), published.packet_id, 7, 1'700'000'000'123);
        EXPECT_EQ(baseline_bytes(), loadsim_bytes());
    }
}

TEST_F(baseline_wire, ping_and_disconnect) {
    (void)session.on_timer(now + options.keep_alive, sent);
    session.close(mqtt::reason::success, now, sent);
    put_pingreq(&out);
    put_disconnect(&out);
    EXPECT_EQ(baseline_bytes(), loadsim_bytes());
}

TEST_F(baseline_wire, incomplete_packets_wait_and_malformed_packets_are_rejected) {
    put_command(&out, vin.data(), 7, response_topic.c_str(), id.c_str(), 1);
    std::size_t body = 0;
    EXPECT_EQ(packet_length({buffer.data(), 1}, &body), 0u);
    EXPECT_EQ(packet_length({buffer.data(), 20}, &body), out.size) << "its header is enough to know";
    const std::array<std::uint8_t, 6> endless{0x30, 0x80, 0x80, 0x80, 0x80, 0x01};
    EXPECT_EQ(packet_length({endless.data(), endless.size()}, &body), SIZE_MAX);
    (void)packet_length({buffer.data(), out.size}, &body);
    publish decoded{};
    for (std::size_t prefix_size = 0; prefix_size < 80;
         ++prefix_size) // in its topic, its packet identifier, its properties
        EXPECT_FALSE(read_publish(buffer[0], {buffer.data() + body, prefix_size}, &decoded)) << prefix_size;
}

} // namespace
} // namespace loadsim::bench
