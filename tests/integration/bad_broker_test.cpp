// Misbehaving brokers: each fault costs only the affected session.
#include "broker.hpp"
#include "fake_server.hpp"
#include "program.hpp"
#include "scenario_builder.hpp"
#include "summary_checks.hpp"

#include <loadsim/mqtt/error.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include <unistd.h>

using namespace loadsim;
using namespace std::chrono_literals;
using namespace std::string_literals;
using harness::fake_server;
using harness::reaction;
using testing::HasSubstr;

namespace {

/// One MQTT session on its own loop; run() returns when it is offline or after the timeout.
class session : private net::link_events {
public:
    explicit session(const fake_server& server, mqtt::version protocol = mqtt::version::v5_0)
        : broker_(server.address()) {
        options_.protocol = protocol;
        options_.connect_timeout = 1s;
    }
    void run(std::chrono::seconds timeout = 5s) {
        boost::asio::steady_timer timer(loop_.io(), timeout);
        timer.async_wait([this](boost::system::error_code) { loop_.stop(); });
        link_.connect(broker_);
        loop_.run();
    }

    boost::asio::io_context& io() { return loop_.io(); }
    net::loop& loop() { return loop_; }

    std::optional<std::error_code> ended; ///< offline reason
    mqtt::reason reason_code{};
    std::string reference;
    bool session_was_online = false;
    std::function<void(net::mqtt_link&)> when_online = [](auto&) {};

private:
    mqtt::identity identify(net::mqtt_link&) override { return {.client_id = "LZ9SMEV05TF000001"}; }
    void on_online(net::mqtt_link& link, const mqtt::server_limits&, const net::connect_times&) override {
        when_online(link);
    }
    void on_message(net::mqtt_link&, const mqtt::message&) override {}
    void on_offline(net::mqtt_link& link, std::error_code why, bool was_online) override {
        ended = why;
        session_was_online = was_online;
        reason_code = link.session().last_reason();
        reference = link.session().server_reference();
        loop_.stop();
    }

    steady_time time_;
    net::loop loop_{time_};
    boost::asio::ip::tcp::endpoint broker_;
    mqtt::session_options options_;
    net::mqtt_link link_{loop_, options_, *this, 0};
};

/// Handler that sends these bytes after the first received ones.
harness::connection_handler respond_always(std::string bytes, bool close = false) {
    return [bytes = std::move(bytes), close](std::size_t, std::string& unread) -> reaction {
        if (unread.empty()) return {};
        unread.clear();
        return {.bytes = bytes, .close = close};
    };
}

const std::string connack_v5 = "\x20\x03\x00\x00\x00"s; // 5.0, 3.2: no session, success, no properties

std::uint64_t resident_bytes() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(bad_broker, that_never_answers_is_abandoned_after_the_timeout) {
    const fake_server silent([](auto, auto&) { return reaction{}; });
    session s(silent);
    const auto start = std::chrono::steady_clock::now();
    s.run();
    ASSERT_TRUE(s.ended);
    EXPECT_EQ(*s.ended, mqtt::errc::connack_timeout);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST(bad_broker, that_closes_at_once_is_reported) {
    const fake_server rude([](auto, auto&) { return reaction{.close = true}; });
    session s(rude);
    s.run();
    ASSERT_TRUE(s.ended);
    // Bytes sent to the closed socket cause a reset.
    EXPECT_TRUE(*s.ended == net::errc::closed_by_peer || *s.ended == std::errc::connection_reset ||
                *s.ended == std::errc::broken_pipe)
        << s.ended->message();
    EXPECT_FALSE(s.session_was_online);
}

TEST(bad_broker, that_speaks_no_mqtt_ends_the_session) {
    const struct {
        std::string bytes;
        mqtt::errc expected;
        const char* why;
    } rows[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", mqtt::errc::protocol_error, "a web server: 'H' is a SUBSCRIBE's type"},
        {"\x00\x00"s, mqtt::errc::malformed_packet, "packet type 0"},
        {"\x20\xff\xff\xff\xff\x01"s, mqtt::errc::malformed_packet, "a remaining length of five bytes"},
        {"\x20\x03\x02\x00\x00"s, mqtt::errc::malformed_packet, "reserved flags of CONNACK"},
        {"\xd0\x00"s, mqtt::errc::protocol_error, "PINGRESP before CONNACK"},
        {connack_v5 + connack_v5, mqtt::errc::protocol_error, "a second CONNACK"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.why);
        const fake_server server(respond_always(row.bytes));
        session s(server);
        s.run();
        ASSERT_TRUE(s.ended);
        EXPECT_EQ(s.session_was_online, row.bytes.starts_with(connack_v5));
        EXPECT_TRUE(*s.ended == row.expected || *s.ended == mqtt::errc::malformed_packet) << s.ended->message();
    }
}

TEST(bad_broker, that_refuses_is_reported_with_its_reason_code) {
    using mqtt::reason;
    const struct {
        mqtt::version protocol;
        char code;
        reason expected;
    } rows[] = {
        {mqtt::version::v3_1_1, '\x01', reason::unsupported_protocol_version},
        {mqtt::version::v3_1_1, '\x02', reason::client_identifier_not_valid},
        {mqtt::version::v3_1_1, '\x03', reason::server_unavailable},
        {mqtt::version::v3_1_1, '\x04', reason::bad_user_name_or_password},
        {mqtt::version::v3_1_1, '\x05', reason::not_authorized},
        {mqtt::version::v5_0, '\x80', reason::unspecified_error},
        {mqtt::version::v5_0, '\x84', reason::unsupported_protocol_version},
        {mqtt::version::v5_0, '\x86', reason::bad_user_name_or_password},
        {mqtt::version::v5_0, '\x87', reason::not_authorized},
        {mqtt::version::v5_0, '\x89', reason::server_busy},
        {mqtt::version::v5_0, '\x8a', reason::banned},
        {mqtt::version::v5_0, '\x9f', reason::connection_rate_exceeded},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(mqtt::to_string(row.expected));
        const bool is_v5 = row.protocol == mqtt::version::v5_0;
        const fake_server server(
            respond_always(is_v5 ? "\x20\x03\x00"s + row.code + '\0' : "\x20\x02\x00"s + row.code, true));
        session s(server, row.protocol);
        s.run();
        ASSERT_TRUE(s.ended);
        EXPECT_EQ(*s.ended, mqtt::errc::connect_refused);
        EXPECT_EQ(s.reason_code, row.expected);
        EXPECT_FALSE(s.session_was_online);
    }
}

TEST(bad_broker, that_redirects_is_reported_with_its_server_reference) {
    const auto reference = "\x1c\x00\x0a"s + "other:1883"; // 5.0, 3.2.2.3.16
    const fake_server server(respond_always("\x20\x10\x00\x9c\x0d"s + reference, true));
    session s(server);
    s.run();
    ASSERT_TRUE(s.ended);
    EXPECT_EQ(*s.ended, mqtt::errc::use_another_server);
    EXPECT_EQ(s.reason_code, mqtt::reason::use_another_server);
    EXPECT_EQ(s.reference, "other:1883");

    const fake_server later(
        respond_always(connack_v5 + "\xe0\x0f\x9d\x0d"s + reference, true)); // DISCONNECT 0x9D of an online session
    session redirected(later);
    redirected.run();
    ASSERT_TRUE(redirected.ended);
    EXPECT_EQ(*redirected.ended, mqtt::errc::use_another_server);
    EXPECT_TRUE(redirected.session_was_online) << "a session that was lost, not one that was refused";
    EXPECT_EQ(redirected.reference, "other:1883");
}

TEST(bad_broker, that_stops_reading_is_disconnected_before_memory_grows) {
    const fake_server deaf([](std::size_t, std::string& unread) -> reaction {
        if (unread.empty()) return {};
        return {.bytes = connack_v5, .stop_reading = true};
    });
    session s(deaf);
    const std::string payload(64 * 1024, 'x');
    int sent = 0;
    std::uint64_t before = 0;
    s.when_online = [&](net::mqtt_link& link) {
        before = resident_bytes();
        // After this callback; 64 MiB: more than any socket buffer. An offline link refuses the rest.
        boost::asio::post(s.io(), [&] {
            while (sent < 1000 &&
                   !link.publish({.topic = "t", .payload = payload, .quality = mqtt::qos::at_most_once}).error)
                ++sent;
        });
    };
    s.run();
    ASSERT_TRUE(s.ended);
    EXPECT_EQ(*s.ended, net::errc::peer_not_reading);
    EXPECT_LT(sent, 1000);
    EXPECT_LT(resident_bytes() - before, 20U << 20U);
}

TEST(bad_broker, that_reads_nothing_gets_no_single_packet_above_the_limit) {
    const fake_server deaf([](std::size_t, std::string& unread) -> reaction {
        if (unread.empty()) return {};
        return {.bytes = connack_v5, .stop_reading = true};
    });
    session s(deaf);
    const std::string payload(32 << 20U, 'x'); // one packet: its unsent rest is above the limit
    s.when_online = [&](net::mqtt_link& link) {
        (void)link.publish({.topic = "t", .payload = payload, .quality = mqtt::qos::at_most_once});
    };
    s.run();
    ASSERT_TRUE(s.ended);
    EXPECT_EQ(*s.ended, net::errc::peer_not_reading);
}

TEST(bad_broker, that_sends_an_endless_packet_is_disconnected_before_memory_grows) {
    const std::string start = "\x30\xff\xff\xff\x7f"s; // a PUBLISH of 256 MiB
    const fake_server endless([&](std::size_t, std::string& unread) -> reaction {
        if (unread.empty()) return {};
        unread.clear();
        return {.bytes = connack_v5 + start + std::string(8 << 20U, 'x')};
    });
    session s(endless);
    std::uint64_t before = 0;
    s.when_online = [&](net::mqtt_link&) { before = resident_bytes(); };
    s.run();
    ASSERT_TRUE(s.ended);
    EXPECT_EQ(*s.ended, net::errc::packet_too_large);
    EXPECT_LT(resident_bytes(), before + (20U << 20U));
}

TEST(bad_broker, half_received_packets_of_all_sessions_have_one_limit) {
    const std::string publish = "\x30\xa0\x8d\x06"s; // of 100,000 bytes
    const fake_server slow([&](std::size_t, std::string& unread) -> reaction {
        if (unread.empty()) return {};
        unread.clear();
        return {.bytes = connack_v5 + publish + std::string(5'000, 'x')};
    });
    session s(slow);
    s.loop().partial_bytes = 90'000; // of other sessions
    s.loop().partial_bytes_max = 94'000;
    s.run();
    ASSERT_TRUE(s.ended);
    EXPECT_EQ(*s.ended, net::errc::too_many_partial_packets);
    EXPECT_EQ(s.loop().partial_bytes, 90'000U) << "its own are gone";
}

// Through the program. -------------------------------------------------------------------------------------------------

std::string with_mqtt_driver(std::uint32_t vehicles, std::string fleet, std::string budgets = "['unexpected == 0']") {
    harness::scenario_builder w;
    w.vehicles = vehicles;
    w.fleet_keys = std::move(fleet);
    w.load_keys = "driver: mqtt,";
    w.budgets = std::move(budgets);
    return w.yaml();
}

std::string url(const fake_server& server) { return "mqtt://127.0.0.1:" + std::to_string(server.port()); }

TEST(bad_broker, that_never_answers_fails_the_startup_in_time_and_with_the_reason) {
    const fake_server silent([](auto, auto&) { return reaction{}; });
    auto run = harness::program::run(with_mqtt_driver(5, "mqtt: {connectTimeout: 1s}, fleetConnectTimeout: 2s,"),
                                     {"--broker", url(silent)});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run.wait(20s), 3) << run.out() << run.err();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 6s);
    EXPECT_THAT(run.err(), HasSubstr("only 0 of 5 vehicles are online after 2s"));
    EXPECT_THAT(run.err(), HasSubstr("the server did not answer CONNECT in time"));
    EXPECT_THAT(run.err(), HasSubstr("check the broker"));
}

std::uint64_t resident_bytes(pid_t process) {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/" + std::to_string(process) + "/statm") >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(bad_broker, that_is_frozen_fails_the_startup_in_time_and_with_the_reason) {
    harness::broker broker;
    auto run = harness::program::run(
        with_mqtt_driver(300, "mqtt: {connectTimeout: 1s}, connectsInFlight: 1000, fleetConnectTimeout: 6s,"),
        {"--broker", broker.url()});
    broker.signal(SIGSTOP); // the kernel accepts connections for it until its backlog is full
    std::uint64_t peak_bytes = 0;
    (void)harness::wait_until(
        [&] {
            peak_bytes = std::max(peak_bytes, resident_bytes(run.pid()));
            return !run.err().empty();
        },
        10s);
    EXPECT_EQ(run.wait(20s), 3) << run.out() << run.err();
    EXPECT_THAT(run.err(), testing::AnyOf(HasSubstr("the server did not answer CONNECT in time"),
                                          HasSubstr("no TCP connection in time")));
    EXPECT_GT(peak_bytes, 0U);
    EXPECT_LT(peak_bytes, 64U << 20U);
    broker.signal(SIGCONT);
}

TEST(bad_broker, that_is_frozen_under_load_costs_outcomes_and_no_memory) {
    harness::broker broker;
    harness::scenario_builder w;
    w.load_keys = "driver: mqtt,";
    w.phases = "[{name: before, duration: 1s, arrivalRate: 50}, {name: still, duration: 2s, arrivalRate: 2000},"
               " {name: after, duration: 2s, arrivalRate: 50}]";
    w.budgets = "['outcomes.executed{phase=before} == 50', 'outcomes.executed{phase=after} > 40',"
                " 'outcomes.executed{phase=still} < 4000', 'unexpected > 0', 'anomalies >= 0']";
    auto run = harness::program::run(w.yaml(), {"--broker", broker.url()});
    const auto reached = [&] {
        return harness::read_file(run.report() / "timeline.jsonl").find(R"("phase":"still")") != std::string::npos;
    };
    ASSERT_TRUE(harness::wait_until(reached, 15s)) << run.err();
    broker.signal(SIGSTOP);
    std::this_thread::sleep_for(1s);
    const auto resident = resident_bytes(run.pid());
    broker.signal(SIGCONT);
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    harness::expect_consistent_sums(run.summary());
    EXPECT_GT(resident, 0U);
    EXPECT_LT(resident, 64U << 20U);
}

TEST(bad_broker, that_speaks_no_mqtt_fails_the_startup_with_the_reason) {
    for (const auto& bytes : {"SSH-2.0-OpenSSH_9.2\r\n"s, "\x20\xff\xff\xff\xff\x01"s}) {
        const fake_server stranger([&](auto, auto& unread) { return reaction{.bytes = unread.empty() ? bytes : ""}; });
        auto run = harness::program::run(with_mqtt_driver(5, "fleetConnectTimeout: 2s,"), {"--broker", url(stranger)});
        EXPECT_EQ(run.wait(20s), 3) << run.out() << run.err();
        EXPECT_THAT(run.err(), testing::AnyOf(HasSubstr("malformed packet"), HasSubstr("broke the MQTT protocol")));
    }
}

/// Minimal MQTT 5.0 broker that sends no commands to vehicles.
class minimal_broker {
public:
    /// `garbage`: sent to the vehicle that subscribes first, after its SUBACK.
    explicit minimal_broker(std::string garbage) : garbage_(std::move(garbage)) {}

    reaction operator()(std::size_t, std::string& unread) {
        reaction r;
        while (unread.size() >= 2) {
            const auto [length, head] = remaining_length(unread);
            if (head == 0 || unread.size() < head + length) break;
            handle_packet(unread.substr(0, head + length), head, r.bytes);
            unread.erase(0, head + length);
        }
        return r;
    }

private:
    /// MQTT 5.0, 1.5.5: remaining length and size of the fixed header; 0: more bytes needed.
    static std::pair<std::size_t, std::size_t> remaining_length(const std::string& packet) {
        std::size_t length = 0;
        for (std::size_t i = 1; i < packet.size() && i < 5; ++i) {
            const auto byte = static_cast<unsigned char>(packet[i]);
            length |= static_cast<std::size_t>(byte & 0x7fU) << (7 * (i - 1));
            if ((byte & 0x80U) == 0) return {length, i + 1};
        }
        return {0, 0};
    }

    void handle_packet(const std::string& packet, std::size_t head, std::string& out) {
        switch (static_cast<unsigned char>(packet[0]) >> 4) {
        case 1: out += connack_v5; break; // CONNECT
        case 3: {                         // PUBLISH; QoS 1 for commands
            if ((packet[0] & 6) == 0) break;
            const auto topic = static_cast<std::size_t>(static_cast<unsigned char>(packet[head])) * 256 +
                               static_cast<unsigned char>(packet[head + 1]);
            out += "\x40\x02"s + packet.substr(head + 2 + topic, 2);
            break;
        }
        case 8: { // SUBSCRIBE
            out += "\x90\x04"s + packet.substr(head, 2) + "\x00\x01"s;
            const bool of_a_vehicle = packet.find("/cmd/") != std::string::npos;
            if (of_a_vehicle && !std::exchange(garbage_sent_, true)) out += garbage_;
            break;
        }
        case 12: out += "\xd0\x00"s; break; // PINGREQ
        default: break;
        }
    }

    std::string garbage_;
    bool garbage_sent_ = false;
};

TEST(bad_broker, that_sends_one_vehicle_garbage_loses_only_that_session) {
    const auto broker = std::make_shared<minimal_broker>("\xf0\x00\xff\xff\xff\xff\xff"s); // AUTH, then no valid packet
    const fake_server server([broker](std::size_t n, std::string& unread) { return (*broker)(n, unread); });
    auto run = harness::program::run(
        with_mqtt_driver(
            100, "reconnect: {base: 50ms, cap: 100ms},",
            "['sessions.dropped == 1', 'sessions.reconnects == 1', 'sessions.refused == 0', 'outcomes.timed_out > 0',"
            " 'unexpected > 0', 'anomalies >= 0']"),
        {"--broker", url(server)});
    EXPECT_EQ(run.wait(), 0) << run.out() << run.err();
    const auto summary = run.summary();
    harness::expect_consistent_sums(summary);
    const auto& reasons = summary.at_pointer("/sessions/error_reasons").as_object();
    ASSERT_EQ(reasons.size(), 1U) << summary.at("sessions");
    EXPECT_THAT(std::string(reasons.begin()->key()), testing::AnyOf(HasSubstr("malformed"), HasSubstr("protocol")));
    EXPECT_EQ(reasons.begin()->value().to_number<int>(), 1);
}

} // namespace
