#include "mqtt_adapter.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/contract/message_parser.hpp>

#include <fmt/format.h>
#include <mqtt/async_client.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

namespace loadsim::backend {
namespace {

using std::chrono::seconds;

constexpr seconds connect_timeout{5};
constexpr seconds disconnect_timeout{1};
constexpr int response_qos = 2; // no downgrade: a response that is published once is received once
constexpr int presence_qos = 1;
/// Time that the broker keeps our session while we are disconnected: longer than any outage that a run survives.
constexpr seconds session_expiry{3600};
// The outbox enforces the send window; Paho's limits (default 100 buffered, 10 in flight in older protocols) must
// exceed it.
constexpr int paho_limit = 60'000;

mqtt::create_options create_options() {
    auto paho_options =
        mqtt::create_options_builder().mqtt_version(MQTTVERSION_5).max_buffered_messages(paho_limit).finalize();
    // Paho must refuse messages it cannot send now: the outbox decides what is still worth sending later.
    paho_options.set_send_while_disconnected(false);
    return paho_options;
}

/// The session of the subscriber outlives its connection: vehicles may reconnect before we do, and the broker must
/// queue their responses. Messages of the publisher are kept by the outbox.
mqtt::connect_options connect_options(const net::endpoint& broker, bool subscriber) {
    auto paho_options = mqtt::connect_options_builder();
    if (!broker.user.empty()) paho_options.user_name(broker.user);
    if (!broker.password.empty()) paho_options.password(broker.password);
    auto all = paho_options.mqtt_version(MQTTVERSION_5)
                   .clean_start(!subscriber)
                   .keep_alive_interval(seconds{30})
                   .connect_timeout(connect_timeout)
                   .automatic_reconnect(seconds{1}, seconds{2})
                   .max_inflight(paho_limit)
                   .finalize();
    // Not through the builder: properties set there (Paho C++ 1.2) are not sent in the packet.
    if (subscriber)
        all.set_properties(
            {{mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(session_expiry.count())}});
    return all;
}

/// Ends the session at the broker (MQTT 5.0, 3.14.2.2.2).
mqtt::disconnect_options session_end_options() {
    mqtt::disconnect_options paho_options;
    paho_options.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 0}});
    return paho_options;
}

bool is_error(int reason) { return reason >= 0x80; }

std::string reason_of(const mqtt::exception& failed) {
    if (failed.get_return_code() > 0 || failed.get_reason_code() >= 0x80)
        return fmt::format(
            "the broker refuses the connection ({}); check the user and the password, and the broker's access rules",
            failed.what());
    return fmt::format("the broker cannot be reached ({}); start it, or give the address of one that runs",
                       failed.what());
}

} // namespace

/// Two connections, one to subscribe and one to publish. Paho never sets TCP_NODELAY: on a single connection, PUBACKs
/// (which have no reply) made the next PUBLISH wait 40 ms for the broker's delayed TCP acknowledgement. On its own
/// connection a PUBLISH is acknowledged at once, and a delayed PUBACK does no harm.
class mqtt_adapter::client final : private mqtt::iaction_listener {
public:
    client(const net::endpoint& broker, const std::string& id, bool presence, std::function<void()> on_input)
        : presence_(presence), on_input_(std::move(on_input)),
          subscriber_(net::to_paho_uri(broker), id + "-in", create_options()),
          publisher_(net::to_paho_uri(broker), id + "-out", create_options()) {
        subscriber_.set_connected_handler([this](const std::string&) { subscribe(); });
        subscriber_.set_message_callback([this](const mqtt::const_message_ptr& message) {
            if (!message) return;
            const auto& payload = message->get_payload_ref();
            push_input(
                vehicle_message{message->get_topic(), payload.to_string().substr(0, contract::payload_limit + 1)});
        });
        publisher_.set_connected_handler([this](const std::string&) { set_flag(publisher_connected_, true); });
        set_loss_handlers(subscriber_, subscribed_);
        set_loss_handlers(publisher_, publisher_connected_);
    }

    ~client() override {
        for (auto* paho : {&publisher_, &subscriber_}) {
            try {
                paho->disconnect(paho == &subscriber_ ? session_end_options() : mqtt::disconnect_options())
                    ->wait_for(disconnect_timeout);
            } catch (const mqtt::exception&) { // not connected
            }
        }
    }

    /// Empty: subscribed and able to publish. Else the error.
    std::string start(const net::endpoint& broker) {
        // Both at once: one after the other, Paho's threads may sleep up to a second before they serve the second.
        try {
            const auto both = {subscriber_.connect(connect_options(broker, true)),
                               publisher_.connect(connect_options(broker, false))};
            for (const auto& one : both)
                if (!one->wait_for(connect_timeout + seconds{1}))
                    return "the broker does not answer; see whether it is an MQTT broker and whether it runs";
        } catch (const mqtt::exception& failed) {
            return reason_of(failed);
        }
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, connect_timeout, [this] { return ready_ || !refused_filter_.empty(); }))
            return "the broker does not answer our subscription; see its log";
        if (!refused_filter_.empty())
            return fmt::format("the broker refuses our subscription to {}; let this client have it", refused_filter_);
        return {};
    }

    bool publish(send_id id, const outbox_message& message, std::uint32_t expires_in_s) {
        try {
            auto packet = mqtt::make_message(message.topic, message.payload, message.qos, false);
            if (expires_in_s != 0)
                packet->set_properties(
                    {{mqtt::property::MESSAGE_EXPIRY_INTERVAL, static_cast<std::int32_t>(expires_in_s)}});
            publisher_.publish(std::move(packet), reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)), *this);
            return true;
        } catch (const mqtt::exception&) { // not connected, or its lists are full
            return false;
        }
    }

    std::vector<broker_input> take_inputs() {
        const std::lock_guard lock(mutex_);
        return std::exchange(inputs_, {});
    }

private:
    void set_loss_handlers(mqtt::async_client& paho, bool& flag) {
        paho.set_connection_lost_handler([this, &flag](const std::string& reason) { set_flag(flag, false, reason); });
        // MQTT 5.0, 3.14: DISCONNECT from the server. Paho does not always report it as a lost connection too.
        paho.set_disconnected_handler([this, &flag](const mqtt::properties&, mqtt::ReasonCode code) {
            set_flag(flag, false, fmt::format("the broker closed it, reason code {:#04x}", static_cast<int>(code)));
        });
    }

    void subscribe() {
        try {
            if (presence_) subscriber_.subscribe(std::string(presence_filter()), presence_qos, &presence_, *this);
            subscriber_.subscribe(std::string(response_filter()), response_qos, nullptr, *this);
        } catch (const mqtt::exception&) { // lost again: the next connect subscribes
        }
    }

    /// Sets one of the two flags; queues broker_connected when both become true, broker_lost when one becomes false.
    void set_flag(bool& flag, bool value, const std::string& reason = {}) {
        std::unique_lock lock(mutex_);
        flag = value;
        const bool both = subscribed_ && publisher_connected_;
        if (std::exchange(ready_, both) == both) return;
        lock.unlock();
        changed_.notify_one();
        push_input(both ? broker_input{broker_connected{}} : broker_input{broker_lost{reason}});
    }

    void push_input(broker_input input) {
        {
            const std::lock_guard lock(mutex_);
            inputs_.push_back(std::move(input));
            if (inputs_.size() != 1) return; // already notified
        }
        on_input_();
    }

    /// The broker acknowledges in order: the response subscription, sent last, completes both.
    void on_subscribed(const mqtt::token& token) {
        if (token.get_user_context() == nullptr) set_flag(subscribed_, true);
    }

    void on_subscription_refused(const mqtt::token& token) {
        {
            const std::lock_guard lock(mutex_);
            refused_filter_ = token.get_user_context() == nullptr ? response_filter() : presence_filter();
        }
        changed_.notify_one();
    }

    void on_success(const mqtt::token& done) override {
        const bool refused = is_error(done.get_reason_code());
        if (done.get_type() == mqtt::token::Type::SUBSCRIBE)
            refused ? on_subscription_refused(done) : on_subscribed(done);
        else if (done.get_type() == mqtt::token::Type::PUBLISH)
            push_input(refused ? broker_input{publish_failed{send_id_of(done), true}}
                               : broker_input{publish_confirmed{send_id_of(done)}});
    }

    void on_failure(const mqtt::token& failed) override {
        if (failed.get_type() == mqtt::token::Type::SUBSCRIBE)
            on_subscription_refused(failed);
        else if (failed.get_type() == mqtt::token::Type::PUBLISH)
            push_input(publish_failed{send_id_of(failed), is_error(failed.get_reason_code())});
    }

    static send_id send_id_of(const mqtt::token& token) {
        return send_id{reinterpret_cast<std::uintptr_t>(token.get_user_context())};
    }

    bool presence_;
    std::function<void()> on_input_;
    std::mutex mutex_; // guards the members down to `refused_filter_`
    std::condition_variable changed_;
    std::vector<broker_input> inputs_;
    bool subscribed_ = false;
    bool publisher_connected_ = false;
    bool ready_ = false;              // both flags, as last queued for the core
    std::string_view refused_filter_; // topic filter of the refused subscription
    mqtt::async_client subscriber_;   // both clients last: their threads use the members above
    mqtt::async_client publisher_;
};

mqtt_adapter::mqtt_adapter(std::unique_ptr<client> c) : client_(std::move(c)) {}
mqtt_adapter::~mqtt_adapter() = default;

result<std::unique_ptr<mqtt_adapter>> mqtt_adapter::connect(const net::endpoint& broker, const std::string& client_id,
                                                            bool presence, std::function<void()> on_input) {
    try {
        auto c = std::make_unique<client>(broker, client_id, presence, std::move(on_input));
        if (auto wrong = c->start(broker); !wrong.empty()) return problems{net::to_string(broker), std::move(wrong)};
        return std::unique_ptr<mqtt_adapter>(new mqtt_adapter(std::move(c)));
    } catch (const mqtt::exception& impossible) {
        return problems{net::to_string(broker),
                        fmt::format("not an address of a broker ({}); write mqtt://host:port", impossible.what())};
    }
}

bool mqtt_adapter::publish(send_id id, const outbox_message& message, std::uint32_t expires_in_s) {
    return client_->publish(id, message, expires_in_s);
}
std::vector<broker_input> mqtt_adapter::take_inputs() { return client_->take_inputs(); }

} // namespace loadsim::backend
