#include <loadsim/kafka/options.hpp>

#include <loadsim/base/secrets.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::kafka;
using testing::HasSubstr;

namespace {

consumer_options usable_options() {
    return {.connection = {.brokers = {"kafka.test:9092"}}, .topics = {"telemetry", "v1.alarms_a-b"}};
}

} // namespace

TEST(kafka_options, usable_ones_have_no_problem) {
    EXPECT_EQ(to_string(check(usable_options())), "");
    auto secured = usable_options();
    secured.connection.brokers = {"10.0.0.1:9093", "[::1]:9093"};
    secured.connection.tls = tls_options{.ca = "ca.pem", .certificate = "me.pem", .key = "me.key"};
    secured.connection.sasl = sasl_options{.user = "loadsim", .password = "wordpass"};
    EXPECT_EQ(to_string(check(secured)), "");
}

TEST(kafka_options, each_problem_has_its_place_and_a_remedy) {
    struct {
        const char* location;
        const char* text;
        void (*change)(consumer_options&);
    } const rows[] = {
        {"brokers", "write [\"host:9092\"]", [](auto& o) { o.connection.brokers.clear(); }},
        {"brokers[0]", "'kafka.test' is no address", [](auto& o) { o.connection.brokers = {"kafka.test"}; }},
        {"brokers[0]", "is no address", [](auto& o) { o.connection.brokers = {":9092"}; }},
        {"brokers[0]", "is no address", [](auto& o) { o.connection.brokers = {"kafka.test:0"}; }},
        {"brokers[0]", "is no address", [](auto& o) { o.connection.brokers = {"kafka.test:99999"}; }},
        {"brokers[1]", "has a scheme", [](auto& o) { o.connection.brokers.push_back("kafka://kafka.test:9092"); }},
        {"brokers[0]", "`security.sasl` for a login",
         [](auto& o) { o.connection.brokers = {"user:secret-of-broker@kafka.test:9092"}; }},
        {"brokers[0]", "write a list", [](auto& o) { o.connection.brokers = {"a:1,b:2"}; }},
        {"security.tls.key", "without a certificate", [](auto& o) { o.connection.tls = tls_options{.key = "me.key"}; }},
        {"security.tls.keyPassword", "without a key",
         [](auto& o) { o.connection.tls = tls_options{.key_password = "abcd"}; }},
        {"security.sasl.user", "needs a user", [](auto& o) { o.connection.sasl = sasl_options{.password = "abcd"}; }},
        {"security.sasl.password", "${KAFKA_PASSWORD}", [](auto& o) { o.connection.sasl = sasl_options{.user = "u"}; }},
        {"topics", "no Kafka topic", [](auto& o) { o.topics.clear(); }},
        {"topics[0]", "'v1/+/tlm' is no name", [](auto& o) { o.topics = {"v1/+/tlm"}; }},
        {"topics[1]", "is there twice",
         [](auto& o) {
             o.topics = {"a", "a"};
         }},
    };
    for (const auto& r : rows) {
        auto options = usable_options();
        r.change(options);
        const auto wrong = check(options);
        ASSERT_EQ(wrong.list.size(), 1U) << r.location << ": " << to_string(wrong);
        EXPECT_EQ(wrong.list[0].location, r.location);
        EXPECT_THAT(wrong.list[0].text, HasSubstr(r.text));
    }
}

TEST(kafka_options, passwords_are_secrets) {
    register_secrets({.brokers = {},
                      .tls = tls_options{.key_password = "key-pass-of-kafka"},
                      .sasl = sasl_options{.user = "u", .password = "sasl-pass-of-kafka"}});
    EXPECT_EQ(mask_secrets("key-pass-of-kafka sasl-pass-of-kafka"), "*** ***");
}

TEST(kafka_options, mechanisms_have_the_names_of_sasl) {
    EXPECT_EQ(to_string(sasl_mechanism::plain), "PLAIN");
    EXPECT_EQ(to_string(sasl_mechanism::scram_sha_256), "SCRAM-SHA-256");
    EXPECT_EQ(to_string(sasl_mechanism::scram_sha_512), "SCRAM-SHA-512");
}
