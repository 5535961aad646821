#include "mqtt_observer.hpp"

#include "own_subscriber.hpp"
#include "paho_subscriber.hpp"

#include <loadsim/mqtt/packet.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>
#include <utility>

namespace loadsim::observer {
namespace {

constexpr auto event_qos = mqtt::qos::at_least_once;
constexpr auto response_qos = mqtt::qos::exactly_once; // once: loadsim must not see duplicates of its own delivery

} // namespace

mqtt_observer::mqtt_observer(std::optional<mqtt_options> wanted, const observer_context& context, on_completion handler,
                             std::uint32_t index)
    : options_(std::move(wanted)), context_(context), index_(index),
      options_path_(options_ ? observer_options_path(index, "mqtt") : "load.checkResponseSequence"),
      sink_(std::move(handler), index) {}

mqtt_observer::~mqtt_observer() { stop(); }

const contract::message_contract& mqtt_observer::message_contract() const {
    return context_.message_contract != nullptr ? *context_.message_contract : contract::message_contract::built_in();
}

std::string mqtt_observer::brokers() const {
    std::vector<std::string> urls;
    for (const auto& b : context_.brokers) urls.push_back(net::to_string(b));
    return fmt::format("{}", fmt::join(urls, ", "));
}

std::vector<net::mqtt_client::topic_filter> mqtt_observer::subscriptions_for(std::uint32_t client,
                                                                             const std::string& group) const {
    std::vector<net::mqtt_client::topic_filter> all;
    const bool wants_responses = context_.response_handler && client == 0;
    const auto& response_filter = message_contract().options().responses_filter;
    if (options_) {
        const bool same = wants_responses && client_count() == 1 && response_filter == options_->filter;
        const auto shared = client_count() > 1 ? fmt::format("$share/{}/", group) : std::string{};
        all.push_back({shared + options_->filter, same ? response_qos : event_qos});
        if (same) return all; // a second subscription with the same filter replaces the first (5.0, 3.8.4)
    }
    if (wants_responses) all.push_back({response_filter, response_qos});
    return all;
}

mqtt_subscriber::start_result mqtt_observer::start(mqtt::version version) {
    version_ = version;
    const auto group =
        fmt::format("loadsim-{:08x}", std::random_device{}()); // unique: runs must not share each other's events
    subscriber_setup setup{
        .brokers = context_.brokers,
        .servers = context_.broker_servers,
        .first_broker = index_,
        .clients = {},
        .on_message = [this](const contract::message_view& message, monotonic_time at) { on_message(message, at); },
        .on_reconnect = [this] { sink_.count_reconnect(); },
        .on_retained = [this] { sink_.count_rejected("retained since before the run"); },
        .on_connect = [this](const std::string& address) { sink_.count_connection(address); },
        .on_limited = [this](const std::string& sentence) { sink_.count_broker_limit(sentence); },
        .on_lost = [this](const std::string& why) { sink_.count_connection_error(why); },
        .tap = context_.tap};
    for (std::uint32_t i = 0; i < client_count(); ++i) setup.clients.push_back(subscriptions_for(i, group));
    subscriber_.reset(); // of the other version
    if (options_ && options_->client == mqtt::client_kind::paho)
        subscriber_ = make_paho_subscriber(std::move(setup), version);
    else
        subscriber_ = std::make_unique<own_subscriber>(std::move(setup), version);
    auto started = subscriber_->start();
    if (!started.error.empty()) subscriber_.reset();
    return started;
}

result<void> mqtt_observer::start() {
    if (context_.brokers.empty())
        return problems{options_path_, "there is no broker to subscribe at; give target.broker"};
    if (options_) {
        auto mapping = compile_event_mapping(options_->reading, options_path_);
        if (!mapping) return mapping.error();
        mapping_.emplace(std::move(*mapping));
        if (options_->clients == 0)
            return problems{options_path_ + ".clients", "no client would subscribe; write 1 or more"};
    }
    auto started = start(mqtt::version::v5_0);
    if (started.refuses_version) {
        if (auto retried = start(mqtt::version::v3_1_1); retried.error.empty() || !retried.refuses_version)
            started = std::move(retried);
    }
    if (!started.error.empty()) return problems{brokers(), std::move(started.error)};
    // 3.1.1 has no capability flag for them; a broker may accept a $share filter that never matches.
    if (version_ == mqtt::version::v3_1_1 && client_count() > 1) {
        stop();
        return problems{
            brokers(), "the broker supports MQTT 3.1.1 only, which has no shared subscriptions, and several clients of "
                       "an observer need them; write clients: 1"};
    }
    return {};
}

void mqtt_observer::stop() { subscriber_.reset(); }

counts mqtt_observer::take_counts() { return sink_.take_counts(); }

std::string mqtt_observer::notice() const {
    if (!subscriber_ || version_ == mqtt::version::v5_0) return {};
    return fmt::format("{}: {} refuses MQTT 5 and is used with 3.1.1: without user properties and correlation data",
                       options_ ? "mqtt" : "checkResponseSequence", brokers());
}

void mqtt_observer::on_message(const contract::message_view& message, monotonic_time at) {
    const bool is_response =
        context_.response_handler && mqtt::matches(message_contract().options().responses_filter, message.topic);
    // A message matching neither filter is treated as an event.
    if (options_ && (!is_response || mqtt::matches(options_->filter, message.topic)))
        sink_.on_message(*mapping_, message, fmt::format("a message on {}", message.topic), at);
    if (is_response) on_response_message(message, at);
}

void mqtt_observer::on_response_message(const contract::message_view& message, monotonic_time at) {
    auto event = sink_.extract(message_contract().response_mapping(), message);
    if (!event || event->sequence == 0 || event->vin.empty()) return;
    context_.response_handler({std::move(event->vin), std::move(event->request_id), event->sequence, at});
}

} // namespace loadsim::observer
