#include <loadsim/kafka/options.hpp>

#include <loadsim/base/secrets.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace loadsim::kafka {
namespace {

constexpr std::size_t max_topic_length = 249; // of Kafka

std::string broker_problem(std::string_view broker) {
    if (const auto scheme = broker.find("://"); scheme != std::string_view::npos)
        return fmt::format("'{}' has a scheme; write host:port, and `security.tls` for TLS", broker);
    if (broker.find('@') != std::string_view::npos)
        return "the address of a Kafka broker has no user and password; write host:port, and `security.sasl` for a "
               "login";
    const auto colon = broker.rfind(':');
    std::uint16_t port = 0;
    const auto digits = colon == std::string_view::npos ? std::string_view{} : broker.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (colon == 0 || port == 0 || error != std::errc{} || end != digits.data() + digits.size())
        return fmt::format("'{}' is no address of a Kafka broker; write host:port, such as kafka.test:9092", broker);
    if (broker.find_first_of(", \t") != std::string_view::npos)
        return fmt::format("'{}' are several addresses; write a list", broker);
    return {};
}

void add_if(problems& wrong, std::string location, std::string text) {
    if (!text.empty()) wrong.add(std::move(location), std::move(text));
}

} // namespace

std::string topic_problem(std::string_view topic) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (topic.empty() || topic.size() > max_topic_length || topic == "." || topic == ".." ||
        topic.find_first_not_of(allowed) != std::string_view::npos)
        return fmt::format("'{}' is no name of a Kafka topic: 1 to {} letters, digits, '.', '_' and '-'", topic,
                           max_topic_length);
    return {};
}

std::string_view to_string(sasl_mechanism mechanism) {
    constexpr std::string_view names[]{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    return names[static_cast<std::size_t>(mechanism)];
}

problems check(const connection_options& options) {
    problems wrong;
    if (options.brokers.empty()) wrong.add("brokers", "no Kafka broker is given; write [\"host:9092\"]");
    for (std::size_t i = 0; i < options.brokers.size(); ++i)
        add_if(wrong, fmt::format("brokers[{}]", i), broker_problem(options.brokers[i]));
    if (options.tls) {
        if (!options.tls->key.empty() && options.tls->certificate.empty())
            wrong.add("security.tls.key",
                      "a key without a certificate has no use; write `certificate`, or leave out `key`");
        if (!options.tls->key_password.empty() && options.tls->certificate.empty())
            wrong.add("security.tls.keyPassword",
                      "a password without a key has no use; write `certificate`, or leave it out");
    }
    if (options.sasl) {
        if (options.sasl->user.empty()) wrong.add("security.sasl.user", "SASL needs a user");
        if (options.sasl->password.empty())
            wrong.add("security.sasl.password", "SASL needs a password, such as \"${KAFKA_PASSWORD}\"");
    }
    return wrong;
}

problems check(const consumer_options& options) {
    auto wrong = check(options.connection);
    if (options.topics.empty()) wrong.add("topics", "no Kafka topic is given");
    for (std::size_t i = 0; i < options.topics.size(); ++i) {
        add_if(wrong, fmt::format("topics[{}]", i), topic_problem(options.topics[i]));
        if (std::ranges::count(options.topics.begin(), options.topics.begin() + static_cast<std::ptrdiff_t>(i),
                               options.topics[i]) != 0)
            wrong.add(fmt::format("topics[{}]", i), fmt::format("the topic '{}' is there twice", options.topics[i]));
    }
    return wrong;
}

problems check(const producer_options& options) { return check(options.connection); }

void register_secrets(const connection_options& options) {
    if (options.tls) register_secret(options.tls->key_password);
    if (options.sasl) register_secret(options.sasl->password);
}

} // namespace loadsim::kafka
