#include "mqtt_edge.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

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

constexpr seconds connect_within{5};
constexpr seconds disconnect_within{1};
constexpr int word_qos = 2; // as they come: a word that is said once is heard once
constexpr int presence_qos = 1;
/// What the broker is to keep for us while we are away: longer than any outage that a run survives.
constexpr seconds session_expiry{3600};
// The outbox keeps the window; Paho's own limits (100 buffered, 10 in flight in older protocols) must only be wider.
constexpr int paho_limit = 60'000;

mqtt::create_options create_options() {
    auto wanted =
        mqtt::create_options_builder().mqtt_version(MQTTVERSION_5).max_buffered_messages(paho_limit).finalize();
    // What Paho cannot send now it must refuse: the outbox knows what is still worth sending later.
    wanted.set_send_while_disconnected(false);
    return wanted;
}

/// The one that listens has a session that outlives its connection: vehicles may be back at the broker before we are, and what
/// they say then must wait. What the other one says the outbox keeps.
mqtt::connect_options connect_options(const net::endpoint& broker, bool listens) {
    auto wanted = mqtt::connect_options_builder();
    if (!broker.user.empty()) wanted.user_name(broker.user);
    if (!broker.password.empty()) wanted.password(broker.password);
    auto all = wanted.mqtt_version(MQTTVERSION_5)
                   .clean_start(!listens)
                   .keep_alive_interval(seconds{30})
                   .connect_timeout(connect_within)
                   .automatic_reconnect(seconds{1}, seconds{2})
                   .max_inflight(paho_limit)
                   .finalize();
    // Not through the builder: what that is given of properties (Paho C++ 1.2) never gets into the packet.
    if (listens)
        all.set_properties(
            {{mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(session_expiry.count())}});
    return all;
}

/// The broker need keep nothing more for us (5.0, 3.14.2.2.2).
mqtt::disconnect_options good_bye() {
    mqtt::disconnect_options wanted;
    wanted.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 0}});
    return wanted;
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

/// Two connections, one to listen and one to speak. Paho never sets TCP_NODELAY: on one connection our small PUBACKs,
/// which nobody answers, made the next PUBLISH wait 40 ms for the broker's delayed TCP acknowledgement. A PUBLISH alone
/// is answered at once, and a PUBACK that waits hurts nobody.
class mqtt_edge::client final : private mqtt::iaction_listener {
public:
    client(const net::endpoint& broker, const std::string& id, bool presence, std::function<void()> on_input)
        : presence_(presence), on_input_(std::move(on_input)),
          listening_(net::to_paho(broker), id + "-in", create_options()),
          speaking_(net::to_paho(broker), id + "-out", create_options()) {
        listening_.set_connected_handler([this](const std::string&) { subscribe(); });
        listening_.set_message_callback([this](const mqtt::const_message_ptr& message) {
            if (!message) return;
            const auto& payload = message->get_payload_ref();
            add(vehicle_message{message->get_topic(), payload.to_string().substr(0, contract::payload_limit + 1)});
        });
        speaking_.set_connected_handler([this](const std::string&) { now_is(can_speak_, true); });
        watch(listening_, subscribed_);
        watch(speaking_, can_speak_);
    }

    ~client() override {
        for (auto* paho : {&speaking_, &listening_}) {
            try {
                paho->disconnect(paho == &listening_ ? good_bye() : mqtt::disconnect_options())
                    ->wait_for(disconnect_within);
            } catch (const mqtt::exception&) { // it was not connected
            }
        }
    }

    /// Empty: subscribed and able to speak. Else what went wrong.
    std::string start(const net::endpoint& broker) {
        // Both at once: while one waits alone, Paho's threads sleep up to a second before they see the other.
        try {
            const auto both = {listening_.connect(connect_options(broker, true)),
                               speaking_.connect(connect_options(broker, false))};
            for (const auto& one : both)
                if (!one->wait_for(connect_within + seconds{1}))
                    return "the broker does not answer; see whether it is an MQTT broker and whether it runs";
        } catch (const mqtt::exception& failed) {
            return reason_of(failed);
        }
        std::unique_lock lock(mutex_);
        if (!decided_.wait_for(lock, connect_within, [this] { return complete_ || !refused_.empty(); }))
            return "the broker does not answer our subscription; see its log";
        if (!refused_.empty())
            return fmt::format("the broker refuses our subscription to {}; let this client have it", refused_);
        return {};
    }

    bool publish(ticket handed, const outgoing& message, std::uint32_t expires_in_s) {
        try {
            auto packet = mqtt::make_message(message.topic, message.payload, message.qos, false);
            if (expires_in_s != 0)
                packet->set_properties(
                    {{mqtt::property::MESSAGE_EXPIRY_INTERVAL, static_cast<std::int32_t>(expires_in_s)}});
            speaking_.publish(std::move(packet), reinterpret_cast<void*>(static_cast<std::uintptr_t>(handed)), *this);
            return true;
        } catch (const mqtt::exception&) { // not connected, or its lists are full
            return false;
        }
    }

    std::vector<broker_input> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(inputs_, {});
    }

private:
    void watch(mqtt::async_client& paho, bool& flag) {
        paho.set_connection_lost_handler([this, &flag](const std::string& why) { now_is(flag, false, why); });
        // MQTT 5, 3.14: a server that says good-bye. Paho need not report that as a lost connection too.
        paho.set_disconnected_handler([this, &flag](const mqtt::properties&, mqtt::ReasonCode code) {
            now_is(flag, false, fmt::format("the broker closed it, reason code {:#04x}", static_cast<int>(code)));
        });
    }

    void subscribe() {
        try {
            if (presence_)
                listening_.subscribe(std::string(contract::presence_filter()), presence_qos, &presence_, *this);
            listening_.subscribe(std::string(contract::response_filter()), word_qos, nullptr, *this);
        } catch (const mqtt::exception&) { // lost again: the next connect subscribes
        }
    }

    /// Sets one of the two flags; the core hears of it when both hold, and when that is over.
    void now_is(bool& flag, bool value, const std::string& why = {}) {
        std::unique_lock lock(mutex_);
        flag = value;
        const bool both = subscribed_ && can_speak_;
        if (std::exchange(complete_, both) == both) return;
        lock.unlock();
        decided_.notify_one();
        add(both ? broker_input{broker_connected{}} : broker_input{broker_lost{why}});
    }

    void add(broker_input input) {
        {
            const std::lock_guard lock(mutex_);
            inputs_.push_back(std::move(input));
            if (inputs_.size() != 1) return; // told already
        }
        on_input_();
    }

    /// The broker answers in order: when it has answered the one to responses, all is said.
    void subscribed(const mqtt::token& to) {
        if (to.get_user_context() == nullptr) now_is(subscribed_, true);
    }

    void subscription_refused(const mqtt::token& to) {
        {
            const std::lock_guard lock(mutex_);
            refused_ = to.get_user_context() == nullptr ? contract::response_filter() : contract::presence_filter();
        }
        decided_.notify_one();
    }

    void on_success(const mqtt::token& done) override {
        const bool refused = is_error(done.get_reason_code());
        if (done.get_type() == mqtt::token::Type::SUBSCRIBE)
            refused ? subscription_refused(done) : subscribed(done);
        else if (done.get_type() == mqtt::token::Type::PUBLISH)
            add(refused ? broker_input{publish_failed{handed(done), true}}
                        : broker_input{publish_confirmed{handed(done)}});
    }

    void on_failure(const mqtt::token& failed) override {
        if (failed.get_type() == mqtt::token::Type::SUBSCRIBE)
            subscription_refused(failed);
        else if (failed.get_type() == mqtt::token::Type::PUBLISH)
            add(publish_failed{handed(failed), is_error(failed.get_reason_code())});
    }

    static ticket handed(const mqtt::token& of) {
        return ticket{reinterpret_cast<std::uintptr_t>(of.get_user_context())};
    }

    bool presence_;
    std::function<void()> on_input_;
    std::mutex mutex_; // over all down to `refused_`
    std::condition_variable decided_;
    std::vector<broker_input> inputs_;
    bool subscribed_ = false;
    bool can_speak_ = false;
    bool complete_ = false;        // both, as the core knows it
    std::string_view refused_;     // our subscription to it
    mqtt::async_client listening_; // last, with the next: their threads use all of the above
    mqtt::async_client speaking_;
};

mqtt_edge::mqtt_edge(std::unique_ptr<client> c) : client_(std::move(c)) {}
mqtt_edge::~mqtt_edge() = default;

result<std::unique_ptr<mqtt_edge>> mqtt_edge::connect(const net::endpoint& broker, const std::string& client_id,
                                                      bool presence, std::function<void()> on_input) {
    try {
        auto c = std::make_unique<client>(broker, client_id, presence, std::move(on_input));
        if (auto wrong = c->start(broker); !wrong.empty()) return problems{net::to_string(broker), std::move(wrong)};
        return std::unique_ptr<mqtt_edge>(new mqtt_edge(std::move(c)));
    } catch (const mqtt::exception& impossible) {
        return problems{net::to_string(broker),
                        fmt::format("not an address of a broker ({}); write mqtt://host:port", impossible.what())};
    }
}

bool mqtt_edge::publish(ticket handed, const outgoing& message, std::uint32_t expires_in_s) {
    return client_->publish(handed, message, expires_in_s);
}
std::vector<broker_input> mqtt_edge::take() { return client_->take(); }

} // namespace loadsim::backend
