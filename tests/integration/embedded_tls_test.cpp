// Embedded broker with TLS: certificates, revocation, access rules, and faults that clients must notice.
#include "temporary_folder.hpp"

#include <loadsim/certificate/issuer.hpp>
#include <loadsim/net/tls_session.hpp>
#include <loadsim/target/access_rules.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <mqtt/async_client.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using harness::wait_until;
using loadsim::target::mosquitto;
using testing::HasSubstr;
namespace certificate = loadsim::certificate;
namespace net = loadsim::net;
namespace target = loadsim::target;

namespace {

constexpr int granted_qos_1 = 1;
constexpr int not_authorized = 0x87;

std::shared_ptr<const certificate::authority> ca() {
    return std::make_shared<const certificate::authority>(certificate::run_authority(7));
}

certificate::issuer issuer() {
    return certificate::issuer::create(ca(), {.seed = 7, .valid = certificate::run_validity}).value();
}

certificate::certificate_request request(const std::string& vin, certificate::certificate_fault fault = {}) {
    return {.vin = vin, .subject = "CN=" + vin, .fault = fault};
}

std::string pem_of(const certificate::credentials& c) {
    return to_pem(c.certificate) + to_pem(c.chain) + to_pem(c.key);
}

target::mosquitto_tls server_tls(certificate::server_fault fault = certificate::server_fault::none) {
    return {.ca = to_pem(ca()->certificate),
            .server = pem_of(issuer().issue_server({.hosts = {"127.0.0.1"}, .fault = fault}).value())};
}

/// Rules of loadsim and of the vehicles V1 and V2; the certificate of V3 is revoked.
target::mosquitto_tls mutual_tls() {
    target::access_rules rules;
    rules.allow_all("loadsim");
    for (const std::string vin : {"V1", "V2", "V3"})
        rules.allow(vin, std::vector{"v1/" + vin + "/cmd/#"}, std::vector{"v1/" + vin + "/rsp/#"});
    const std::vector revoked{issuer().serial_of(request("V3"))};
    const auto& valid = certificate::run_validity;
    auto tls = server_tls();
    tls.mutual = {.crl = to_pem(certificate::make_crl(*ca(), revoked, valid.from, valid.until).value()),
                  .access = rules.text(),
                  .own = pem_of(issuer().issue(request("loadsim")).value())};
    return tls;
}

/// MQTT 5 client of another library. `certificate`: file with certificate and key; empty: none.
class client {
public:
    client(const mosquitto& broker, const std::string& id, const std::string& certificate)
        : paho_("ssl://127.0.0.1:" + std::to_string(broker.broker().port), id, mqtt::create_options(MQTTVERSION_5)) {
        ssl_.set_trust_store(broker.client_tls().ca);
        if (!certificate.empty()) {
            ssl_.set_key_store(certificate);
            ssl_.set_private_key(certificate);
        }
        paho_.start_consuming();
    }
    ~client() {
        try {
            paho_.disconnect(0)->wait_for(1s);
        } catch (const mqtt::exception&) {} // not connected
    }

    /// True: the broker accepts the session.
    bool connect() {
        try {
            return paho_
                .connect(mqtt::connect_options_builder()
                             .mqtt_version(MQTTVERSION_5)
                             .clean_start(true)
                             .connect_timeout(5s)
                             .ssl(ssl_)
                             .finalize())
                ->wait_for(6s);
        } catch (const mqtt::exception&) {
            return false;
        }
    }
    /// Reason code of the SUBACK.
    int subscribe(const std::string& filter) {
        const auto token = paho_.subscribe(filter, 1);
        try {
            token->wait_for(5s);
        } catch (const mqtt::exception&) {} // refused
        return token->get_reason_code();
    }
    void publish(const std::string& topic) {
        try {
            paho_.publish(topic, "x", 1, 1, false)->wait_for(5s);
        } catch (const mqtt::exception&) {} // refused
    }
    std::string next_topic() {
        mqtt::const_message_ptr message;
        while (paho_.try_consume_message_for(&message, 5s))
            if (message) return message->get_topic(); // null: the connection was lost
        return {};
    }

private:
    mqtt::async_client paho_;
    mqtt::ssl_options ssl_;
};

/// Why loadsim refuses the broker; empty: the handshake is complete.
std::string refusal_of(const mosquitto& broker, net::tls_options options) {
    auto context = net::tls_context::make(options).value();
    net::tls_session session(context, broker.broker().host);
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), broker.broker().port});
    loadsim::mqtt::bytes out, plain;
    session.start(out);
    while (!session.established() && !session.error()) {
        boost::asio::write(socket, boost::asio::buffer(std::exchange(out, {})));
        std::array<std::uint8_t, 4096> received{};
        boost::system::error_code closed;
        const auto size = socket.read_some(boost::asio::buffer(received), closed);
        if (closed) return "the broker closes the connection";
        session.receive({received.data(), size}, plain, out);
    }
    return session.error() ? session.describe_error().text : "";
}

/// Broker and files of vehicles' certificates.
class embedded_tls : public testing::Test {
protected:
    void start(const target::mosquitto_tls& tls) {
        auto started = mosquitto::start(folder_.path(), {.tls = tls});
        ASSERT_TRUE(started) << to_string(started.error());
        broker_.emplace(std::move(*started));
    }
    std::string certificate_of(const std::string& vin, certificate::certificate_fault fault = {}) {
        return folder_.write(vin + ".pem", pem_of(issuer().issue(request(vin, fault)).value())).string();
    }

    const harness::temporary_folder folder_;
    std::optional<mosquitto> broker_;
};

} // namespace

TEST_F(embedded_tls, accepts_certificates_of_the_runs_ca_only) {
    start(mutual_tls());
    EXPECT_EQ(broker_->broker().scheme, "mqtts");
    EXPECT_TRUE(client(*broker_, "own", broker_->client_tls().certificate).connect());
    EXPECT_TRUE(client(*broker_, "car", certificate_of("V1")).connect());
    EXPECT_FALSE(client(*broker_, "car", "").connect()) << "no certificate";
    EXPECT_FALSE(client(*broker_, "car", certificate_of("V3")).connect()) << "revoked";
    using enum certificate::certificate_fault;
    for (const auto fault : {expired, unknown_ca, self_signed, missing_intermediate})
        EXPECT_FALSE(client(*broker_, "car", certificate_of("V2", fault)).connect()) << static_cast<int>(fault);
}

TEST_F(embedded_tls, a_vehicle_reaches_only_the_topics_of_its_own) {
    start(mutual_tls());
    client own(*broker_, "own", broker_->client_tls().certificate);
    client car(*broker_, "car", certificate_of("V1"));
    ASSERT_TRUE(own.connect() && car.connect());
    EXPECT_EQ(own.subscribe("#"), granted_qos_1);
    EXPECT_EQ(car.subscribe("v1/V1/cmd/#"), granted_qos_1);
    for (const auto* filter : {"v1/V2/cmd/#", "v1/+/cmd/#", "#", "v1/V1/rsp/#", "$SYS/#"})
        EXPECT_EQ(car.subscribe(filter), not_authorized) << filter;
    own.publish("v1/V1/cmd/horn");
    EXPECT_EQ(car.next_topic(), "v1/V1/cmd/horn");
    EXPECT_EQ(own.next_topic(), "v1/V1/cmd/horn");
    car.publish("v1/V1/rsp/1");
    EXPECT_EQ(own.next_topic(), "v1/V1/rsp/1");
    car.publish("v1/V2/rsp/1");
    own.publish("v1/V1/cmd/flash");
    EXPECT_EQ(own.next_topic(), "v1/V1/cmd/flash") << "the message for another vehicle was not let through";

    client stranger(*broker_, "stranger", certificate_of("V4"));
    ASSERT_TRUE(stranger.connect()) << "its certificate is valid";
    EXPECT_EQ(stranger.subscribe("v1/V4/cmd/#"), not_authorized);
}

TEST_F(embedded_tls, without_mutual_needs_no_certificate_and_takes_passwords) {
    start(server_tls());
    EXPECT_EQ(broker_->client_tls().certificate, "");
    EXPECT_TRUE(client(*broker_, "car", "").connect());
    broker_.reset();
    auto started = mosquitto::start(folder_.path(), {.logins = {{"car", "secret"}}, .tls = server_tls()});
    ASSERT_TRUE(started) << to_string(started.error());
    EXPECT_FALSE(client(*started, "car", "").connect()) << "no password";
}

TEST_F(embedded_tls, loadsim_refuses_a_broker_with_a_fault) {
    const struct {
        certificate::server_fault fault;
        const char* sentence;
    } rows[] = {{certificate::server_fault::wrong_host, "it is for wrong.invalid, not for 127.0.0.1"},
                {certificate::server_fault::expired, "it has expired, on 2019-12-31"},
                {certificate::server_fault::untrusted, "its CA 'unknown CA' is not trusted"}};
    start(server_tls());
    EXPECT_EQ(refusal_of(*broker_, broker_->client_tls()), "");
    for (const auto& row : rows) {
        broker_.reset();
        start(server_tls(row.fault));
        EXPECT_THAT(refusal_of(*broker_, broker_->client_tls()), HasSubstr(row.sentence));
    }
}

TEST_F(embedded_tls, loadsim_refuses_a_broker_with_an_old_version_also_after_an_outage) {
    auto tls = server_tls();
    tls.old_version = true;
    start(tls);
    auto lenient = broker_->client_tls();
    lenient.min_version = net::tls_version::v1_1;
    EXPECT_NE(refusal_of(*broker_, broker_->client_tls()), "");
    EXPECT_EQ(refusal_of(*broker_, lenient), "") << "it works, but for its version";
    broker_->begin_termination();
    ASSERT_TRUE(wait_until([&] { return broker_->continue_termination(); }, 25s));
    ASSERT_TRUE(broker_->restart());
    EXPECT_NE(refusal_of(*broker_, broker_->client_tls()), "");
    EXPECT_EQ(refusal_of(*broker_, lenient), "");
}

TEST_F(embedded_tls, keys_are_for_their_owner_only_and_do_not_stay) {
    start(mutual_tls());
    using std::filesystem::perms;
    for (const auto* name : {"server.pem", "loadsim.pem", "access.json", "crl.pem", "ca.pem"})
        EXPECT_EQ(std::filesystem::status(folder_ / "mosquitto.private" / name).permissions(),
                  perms::owner_read | perms::owner_write)
            << name;
    broker_.reset();
    EXPECT_FALSE(exists(folder_ / "mosquitto.private"));
}
