// Errors of a client without a usable broker: which one is told, and the sentence.
#include "client.hpp"

#include <loadsim/base/secrets.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::kafka;
using testing::HasSubstr;
using testing::Not;

namespace {

const connection_options plain_connection{.brokers = {"kafka.test:9092", "kafka2.test:9092"}};
const connection_options secured_connection{
    .brokers = {"kafka.test:9093"},
    .tls = tls_options{.ca = "ca.pem"},
    .sasl = sasl_options{.mechanism = sasl_mechanism::scram_sha_256, .user = "loadsim", .password = "never-told"}};

} // namespace

TEST(kafka_connection_problem, each_cause_has_a_sentence_with_its_remedy) {
    struct {
        const connection_options& options;
        rd_kafka_resp_err_t error;
        const char* text;
    } const rows[] = {
        {plain_connection, RD_KAFKA_RESP_ERR__TRANSPORT,
         "no Kafka broker can be used; check `brokers`, and whether this port needs security.tls: why"},
        {secured_connection, RD_KAFKA_RESP_ERR__TRANSPORT, "whether this port has TLS as in security.tls: why"},
        {plain_connection, RD_KAFKA_RESP_ERR__RESOLVE, "cannot be resolved; check `brokers`: why"},
        {secured_connection, RD_KAFKA_RESP_ERR__SSL, "check security.tls, and that this port has TLS: why"},
        {secured_connection, RD_KAFKA_RESP_ERR__AUTHENTICATION,
         "does not accept user 'loadsim' with SCRAM-SHA-256; check security.sasl: why"},
        {plain_connection, RD_KAFKA_RESP_ERR__AUTHENTICATION, "requires an authentication; write security.sasl: why"},
    };
    for (const auto& r : rows) {
        const auto told = connection_problem(r.options, {r.error, "why"});
        EXPECT_THAT(told.text, HasSubstr(r.text));
        EXPECT_EQ(told.location, r.options.tls ? "kafka.test:9093" : "kafka.test:9092,kafka2.test:9092");
    }
}

TEST(kafka_connection_problem, has_no_secret) {
    register_secrets(secured_connection);
    const auto told = connection_problem(secured_connection, {RD_KAFKA_RESP_ERR__AUTHENTICATION, "wrong: never-told"});
    EXPECT_THAT(told.text, Not(HasSubstr("never-told")));
    EXPECT_THAT(told.text, HasSubstr("wrong: ***"));
}

TEST(kafka_client_errors, a_broker_is_unusable_when_it_refuses_or_when_none_is_connected) {
    client_errors errors;
    errors.record(RD_KAFKA_RESP_ERR__TRANSPORT, "first refused");
    EXPECT_FALSE(errors.unusable()) << "another broker may respond";
    errors.record(RD_KAFKA_RESP_ERR__TRANSPORT, "second refused");
    errors.record(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "2/2 brokers are down");
    ASSERT_TRUE(errors.unusable());
    EXPECT_EQ(errors.unusable()->text, "second refused");
    errors.record(RD_KAFKA_RESP_ERR__AUTHENTICATION, "wrong password");
    EXPECT_EQ(errors.unusable()->text, "wrong password");
    const std::map<std::string, std::uint64_t> expected{
        {"connection to a broker failed or was lost", 2}, {"no broker is connected", 1}, {"authentication failed", 1}};
    EXPECT_EQ(errors.by_name(), expected);
}

TEST(kafka_client, what_librdkafka_refuses_is_one_sentence) {
    client_errors errors;
    const auto made = make_client(
        RD_KAFKA_CONSUMER, {.brokers = {"kafka.test:9093"}, .tls = tls_options{.ca = "/no/such/ca.pem"}}, {}, errors);
    ASSERT_FALSE(made);
    EXPECT_THAT(to_string(made.error()), HasSubstr("kafka.test:9093: librdkafka refuses the set-up: "));
    EXPECT_THAT(to_string(made.error()), HasSubstr("ssl.ca.location"));
}
