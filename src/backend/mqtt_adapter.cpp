#include "mqtt_adapter.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/refusal.hpp>
#include <loadsim/net/server_list.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

namespace loadsim::backend {
namespace {

using std::chrono::seconds;

constexpr seconds start_timeout{10};
constexpr seconds connect_timeout{5};
constexpr seconds keep_alive{30};
constexpr seconds reconnect_wait{1}; // longer than that of observers: they subscribe before it sends what has waited
constexpr auto response_qos =
    mqtt::qos::exactly_once; // no downgrade: a response that is published once is received once
constexpr auto presence_qos = mqtt::qos::at_least_once;

constexpr mqtt::session_options subscriber_options{
    .keep_alive = keep_alive,
    .clean_start = false,
    .new_client_id = true,
    .session_expiry = net::kept_session_expiry,
    .maximum_packet_size = mqtt::remaining_length_max + 5, // what MQTT allows: vehicles may send anything
    .connect_timeout = connect_timeout};
constexpr mqtt::session_options publisher_options{.keep_alive = keep_alive,
                                                  .connect_timeout = connect_timeout,
                                                  .queue_limit = 65'535}; // the outbox enforces the send window

constexpr std::string_view session_name = "the backend"; ///< in sentences
constexpr net::session_keys keys{.credentials = "the user and the password"};

std::vector<net::mqtt_client::topic_filter> subscriptions(bool presence) {
    std::vector<net::mqtt_client::topic_filter> all{{std::string(response_filter()), response_qos}};
    if (presence) all.push_back({std::string(presence_filter()), presence_qos});
    return all;
}

net::mqtt_client::client_setup setup_for(const net::endpoint& credentials, const net::server_list& brokers,
                                         std::string client_id,
                                         std::vector<net::mqtt_client::topic_filter> subscribed = {}) {
    return {.display_name = std::string(session_name),
            .client_id = std::move(client_id),
            .user = credentials.user,
            .password = credentials.password,
            .brokers = brokers,
            .subscriptions = std::move(subscribed),
            .limit = net::reconnect_policy::start_limit::one_round,
            .reconnect_wait = reconnect_wait};
}

} // namespace

/// One of the two sessions; sets its flag of the adapter.
class mqtt_adapter::session : public net::mqtt_client {
public:
    using mqtt_client::connect;
    using mqtt_client::disconnect;
    bool online() noexcept { return link().online(); }

protected:
    session(mqtt_adapter& owner, const mqtt::session_options& options, client_setup s, bool& ready)
        : mqtt_client(owner.loop_, options, std::move(s)), owner_(owner), ready_(ready) {}
    void report_ready() { owner_.set_flag(ready_, true); }
    void on_session_lost(std::error_code why) override { owner_.set_flag(ready_, false, why.message()); }

    mqtt_adapter& owner_;

private:
    bool& ready_;
};

class mqtt_adapter::subscriber final : public session {
public:
    subscriber(mqtt_adapter& owner, client_setup s)
        : session(owner, subscriber_options, std::move(s), owner.subscribed_) {}

private:
    void on_subscriptions_granted() override { report_ready(); }
    void on_message(net::mqtt_link&, const mqtt::message& m) override {
        owner_.deliver(
            vehicle_message{std::string(m.topic), std::string(m.payload.substr(0, contract::payload_limit + 1))});
    }
};

class mqtt_adapter::publisher final : public session {
public:
    publisher(mqtt_adapter& owner, client_setup s)
        : session(owner, publisher_options, std::move(s), owner.publisher_connected_) {}

    bool publish(send_id id, const outbox_message& message, std::uint32_t expires_in_s) {
        if (!online()) return false;
        const auto sent = link().publish({.topic = message.topic,
                                          .payload = message.payload,
                                          .quality = static_cast<mqtt::qos>(message.qos),
                                          .expiry_interval = expires_in_s});
        if (!online()) return false; // lost while sending
        if (sent.error == mqtt::errc::queue_full || sent.error == mqtt::errc::no_packet_identifier) return false;
        if (sent.error)
            owner_.defer(publish_refused{id});
        else if (sent.packet_id == 0) // QoS 0: no acknowledgement follows
            owner_.defer(publish_confirmed{id});
        else
            unacknowledged_[sent.packet_id] = id;
        return true;
    }

private:
    void on_session_started() override { report_ready(); }
    void on_session_lost(std::error_code why) override {
        unacknowledged_.clear(); // the outbox sends them again
        session::on_session_lost(why);
    }
    void on_message(net::mqtt_link&, const mqtt::message&) override {} // no subscription
    void on_published(net::mqtt_link&, std::uint16_t packet_id, mqtt::reason reason) override {
        const auto sent = unacknowledged_.extract(packet_id);
        if (sent.empty()) return;
        owner_.deliver(net::is_refusal(reason) ? broker_input{publish_refused{sent.mapped()}}
                                               : broker_input{publish_confirmed{sent.mapped()}});
    }

    std::unordered_map<std::uint16_t, send_id> unacknowledged_; ///< by packet identifier
};

mqtt_adapter::mqtt_adapter(net::loop& loop, const net::endpoint& credentials, const net::server_list& brokers,
                           const std::string& client_id, bool presence)
    : loop_(loop), subscriber_(std::make_unique<subscriber>(
                       *this, setup_for(credentials, brokers, client_id + "-in", subscriptions(presence)))),
      publisher_(std::make_unique<publisher>(*this, setup_for(credentials, brokers, client_id + "-out"))) {}

mqtt_adapter::~mqtt_adapter() {
    *alive_ = false;
    publisher_->disconnect();
    subscriber_->disconnect(mqtt::session::close_scope::session);
}

result<std::unique_ptr<mqtt_adapter>> mqtt_adapter::connect(net::loop& loop, const std::vector<net::endpoint>& brokers,
                                                            const std::string& client_id, bool presence) {
    const auto found = net::look_up(brokers, "broker");
    if (found.servers.at(loop.now())->empty()) return found.unreachable;
    const auto& broker = brokers.front();
    std::unique_ptr<mqtt_adapter> made(new mqtt_adapter(loop, broker, found.servers, client_id, presence));
    std::optional<net::start_failure> failure;
    std::size_t connecting = 2;
    const auto on_start = [&](const std::optional<net::start_failure>& failed) {
        --connecting;
        if (failed && !failure) failure = failed;
    };
    made->subscriber_->connect(on_start);
    made->publisher_->connect(on_start);
    const bool finished =
        loop.run_until([&] { return connecting == 0 || failure; }, loop.now() + nanoseconds{start_timeout});
    if (failure) return problems{net::to_string(broker), net::start_error(*failure, keys)};
    if (finished) return made;
    if (made->subscriber_->online() && made->publisher_->online())
        return problems{net::to_string(broker), "the broker does not answer our subscription; see its log"};
    return problems{net::to_string(broker),
                    net::start_error({.why = mqtt::errc::connack_timeout, .session = std::string(session_name)}, keys)};
}

void mqtt_adapter::start(input_handler on_input) {
    on_input_ = std::move(on_input);
    for (auto& input : std::exchange(early_, {})) on_input_(std::move(input));
}

bool mqtt_adapter::publish(send_id id, const outbox_message& message, std::uint32_t expires_in_s) {
    return publisher_->publish(id, message, expires_in_s);
}

/// Sets one of the two flags; reports broker_connected when both become true, broker_lost when one becomes false.
void mqtt_adapter::set_flag(bool& flag, bool value, std::string reason) {
    flag = value;
    const bool both = subscribed_ && publisher_connected_;
    if (std::exchange(ready_, both) == both) return;
    defer(both ? broker_input{broker_connected{}} : broker_input{broker_lost{std::move(reason)}});
}

void mqtt_adapter::deliver(broker_input input) {
    on_input_ ? on_input_(std::move(input)) : early_.push_back(std::move(input));
}

void mqtt_adapter::defer(broker_input input) {
    boost::asio::post(loop_.io(), [this, alive = alive_, input = std::move(input)]() mutable {
        if (*alive) deliver(std::move(input));
    });
}

} // namespace loadsim::backend
