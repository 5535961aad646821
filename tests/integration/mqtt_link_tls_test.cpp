// A session over TLS through a terminator in front of mosquitto: what is measured of it, and how it fails.
#include "broker.hpp"
#include "certificates.hpp"
#include "fake_server.hpp"
#include "temporary_folder.hpp"
#include "tls_relay.hpp"

#include <loadsim/net/error.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/net/tls_session.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

using namespace loadsim;
using namespace std::chrono_literals;
using testing::StartsWith;

namespace {

/// One session on its own loop, until it is online or has failed.
class secure_session : private net::link_events {
public:
    secure_session(std::uint16_t port, const std::string& ca) : context_(*net::tls_context::make({.ca = ca})) {
        options_.connect_timeout = 1s;
        link_.connect({boost::asio::ip::address_v4::loopback(), port});
        loop_.run_until([this] { return took || ended; }, loop_.now() + 10s);
    }
    const net::traffic_counts& traffic() const { return loop_.traffic; }

    std::optional<net::connect_times> took; ///< online
    std::optional<std::error_code> ended;
    bool tls_failed = false;
    std::string sentence; ///< of TLS

private:
    std::error_code make_tls(net::mqtt_link&, std::unique_ptr<net::tls_session>& out) override {
        out = std::make_unique<net::tls_session>(context_, "127.0.0.1");
        return {};
    }
    mqtt::identity identify(net::mqtt_link&) override { return {.client_id = "LZ9SMEV05TF000001"}; }
    void on_online(net::mqtt_link&, const mqtt::server_limits&, const net::connect_times& times) override {
        took = times;
    }
    void on_message(net::mqtt_link&, const mqtt::message&) override {}
    void on_offline(net::mqtt_link& link, std::error_code why, bool) override {
        ended = why;
        tls_failed = link.tls_failed();
        sentence = link.describe_tls_error(why);
    }

    steady_time time_;
    net::loop loop_{time_};
    net::tls_context context_;
    mqtt::session_options options_;
    net::mqtt_link link_{loop_, options_, *this, 0};
};

struct mqtt_link_tls : testing::Test {
    harness::temporary_folder folder;
    harness::certificate_authority ca{folder.path(), "ca"};
    harness::certificate_authority others{folder.path(), "others"};

    harness::tls_terminator in_front_of(std::uint16_t port, const std::string& client_ca = {}) {
        return {{.server_certificate = ca.issue("server", "IP:127.0.0.1"), .client_ca = client_ca}, port};
    }
};

TEST_F(mqtt_link_tls, measures_the_parts_of_a_connect_and_both_kinds_of_bytes) {
    const harness::broker broker;
    const auto tls = in_front_of(broker.endpoint().port);
    const secure_session s(tls.port(), ca.file());
    ASSERT_TRUE(s.took) << (s.ended ? s.ended->message() : "not ended");
    EXPECT_GT(s.took->tcp, 0ns);
    EXPECT_GT(s.took->tls, 0ns);
    EXPECT_GT(s.took->connack, 0ns);
    EXPECT_FALSE(s.took->tls_resumed);
    EXPECT_GT(s.traffic().bytes_sent, 17U) << "CONNECT";
    EXPECT_LT(s.traffic().bytes_sent, 100U);
    EXPECT_GE(s.traffic().bytes_received, 4U) << "CONNACK";
    EXPECT_LT(s.traffic().bytes_received, 100U);
    EXPECT_GT(s.traffic().tls_bytes_sent, 200U) << "ClientHello, Finished and the encrypted CONNECT";
    EXPECT_GT(s.traffic().tls_bytes_received, 500U) << "with the server's certificate";
}

TEST_F(mqtt_link_tls, failed_by_a_certificate_on_either_side) {
    const harness::broker broker;
    const auto tls = in_front_of(broker.endpoint().port);
    const secure_session distrusting(tls.port(), others.file());
    ASSERT_TRUE(distrusting.ended);
    EXPECT_EQ(distrusting.ended->category(), net::tls_category());
    EXPECT_THAT(distrusting.ended->message(), StartsWith("TLS: the peer's certificate is refused: "));
    EXPECT_TRUE(distrusting.tls_failed);

    const auto mutual = in_front_of(broker.endpoint().port, ca.file());
    const secure_session without_certificate(mutual.port(), ca.file());
    ASSERT_TRUE(without_certificate.ended);
    EXPECT_EQ(without_certificate.ended->message(), "TLS alert from the peer: certificate required");
    EXPECT_TRUE(without_certificate.tls_failed) << "after the client's part of the handshake";
}

TEST_F(mqtt_link_tls, failed_where_no_handshake_is_answered) {
    const harness::fake_server silent([](auto, auto&) { return harness::reaction{}; });
    const secure_session s(silent.port(), ca.file());
    ASSERT_TRUE(s.ended);
    EXPECT_EQ(*s.ended, net::errc::tls_timeout);
    EXPECT_TRUE(s.tls_failed);
    EXPECT_EQ(s.sentence, "the handshake is not answered in time; check that the broker uses TLS on this port");
}

TEST_F(mqtt_link_tls, failed_at_a_broker_without_tls) {
    const harness::broker broker;
    const secure_session s(broker.endpoint().port, ca.file());
    ASSERT_TRUE(s.ended);
    EXPECT_TRUE(s.tls_failed);
    EXPECT_THAT(s.sentence, StartsWith("the connection has ended during the handshake ("));
}

TEST_F(mqtt_link_tls, has_not_failed_where_the_broker_refuses_the_session) {
    const harness::broker broker("allow_anonymous false\n");
    const auto tls = in_front_of(broker.endpoint().port);
    const secure_session s(tls.port(), ca.file());
    ASSERT_TRUE(s.ended);
    EXPECT_NE(s.ended->category(), net::tls_category());
    EXPECT_FALSE(s.tls_failed);
    EXPECT_EQ(s.sentence, "");
}

} // namespace
