#include "paho_subscriber.hpp"

#include "redelivery_filter.hpp"

#include <loadsim/base/log.hpp>
#include <loadsim/contract/paho_message.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/paho.hpp>
#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>
#include <mqtt/async_client.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace loadsim::observer {
namespace {

namespace paho = ::mqtt; // to distinguish it from loadsim::mqtt
using std::chrono::seconds;

// Together below the 10 s limit of observer::start().
constexpr seconds response_timeout{3};
constexpr seconds paho_connect_timeout{6}; // all brokers together

/// True: the broker may support MQTT 3.1.1 only. Such a broker answers with a 3.1.1 or a 5.0 reason, or closes the
/// connection, which looks like an unreachable broker.
bool may_reject_version(mqtt::version version, int reason) {
    if (version != mqtt::version::v5_0) return reason <= 1; // 3.1.1, 3.2.2.3; Paho's own codes are negative
    return reason < 0x80 || reason == paho::ReasonCode::UNSUPPORTED_PROTOCOL_VERSION ||
           reason == paho::ReasonCode::MALFORMED_PACKET || reason == paho::ReasonCode::PROTOCOL_ERROR;
}

/// Reason code: Paho (C 1.3) stores the one of a CONNACK in get_return_code(), others in get_reason_code().
int reason_of(const paho::exception& e) { return e.get_return_code() > 0 ? e.get_return_code() : e.get_reason_code(); }

bool supports_shared_subscriptions(const paho::properties& connack) {
    return !connack.contains(paho::property::SHARED_SUBSCRIPTION_AVAILABLE) ||
           paho::get<std::uint8_t>(connack, paho::property::SHARED_SUBSCRIPTION_AVAILABLE) != 0;
}

/// Connect timeout per broker.
seconds connect_timeout_per_broker(std::size_t brokers) {
    return std::clamp(paho_connect_timeout / static_cast<int>(brokers), seconds{1}, response_timeout);
}

bool is_shared(const net::mqtt_client::topic_filter& s) { return s.filter.starts_with("$share/"); }

std::string start_error(std::error_code why, mqtt::reason reason = mqtt::reason::success,
                        std::string_view filter = {}) {
    return net::start_error(
        {.why = why, .reason = reason, .filter = std::string(filter), .session = std::string(session_name)},
        keys_of_observer);
}

/// One client. Threads: construct, start and destroy on one thread; callbacks run on Paho's thread.
class paho_client final : private paho::iaction_listener {
public:
    using start_result = mqtt_subscriber::start_result;

    /// Throws paho::exception if a broker address is invalid. `common` must outlive the client.
    paho_client(const subscriber_setup& common, const std::vector<net::mqtt_client::topic_filter>& wanted,
                mqtt::version);
    ~paho_client() override;
    paho_client(const paho_client&) = delete;
    paho_client& operator=(const paho_client&) = delete;

    start_result start();

private:
    paho::connect_options make_connect_options(bool clean) const;
    start_result connect();
    start_result subscribe();
    void on_paho_message(const paho::message&, monotonic_time);
    // Result of a subscription after a reconnect.
    void on_success(const paho::token& t) override {
        if (static_cast<int>(t.get_reason_code()) >= 0x80) report_refusal(t);
    }
    void on_failure(const paho::token& t) override {
        if (client_.is_connected()) report_refusal(t); // else the next connect subscribes
    }
    void report_refusal(const paho::token&) const;

    const subscriber_setup& common_;
    const std::vector<net::endpoint>& brokers_;
    mqtt::version version_;
    const std::vector<net::mqtt_client::topic_filter>& subscriptions_;
    std::atomic<bool> subscribed_{false};
    std::atomic<bool> reconnected_{false};
    bool connected_ = false;
    redelivery_filter redelivery_filter_; // used on Paho's thread only
    paho::async_client client_;           // last: its threads use the members above
};

paho_client::paho_client(const subscriber_setup& common, const std::vector<net::mqtt_client::topic_filter>& wanted,
                         mqtt::version version)
    : common_(common), brokers_(common.brokers), version_(version), subscriptions_(wanted),
      client_(net::to_paho_uri(brokers_.front()), unique_client_id(),
              paho::create_options_builder().mqtt_version(net::to_paho_version(version)).finalize()) {
    client_.set_message_callback([this](const paho::const_message_ptr& message) {
        if (message) on_paho_message(*message, std::chrono::steady_clock::now());
    });
    client_.set_connection_lost_handler(
        [](const std::string&) { log_warning("observer: the broker is lost; reconnecting"); });
    client_.set_connected_handler([this](const std::string&) {
        if (!subscribed_) return; // start() subscribes
        reconnected_ = true;
        common_.on_reconnect();
        // On every connect: a restarted broker or another one may not have the session.
        try {
            for (const auto& s : subscriptions_)
                client_.subscribe(s.filter, static_cast<int>(s.quality), nullptr, *this);
        } catch (const paho::exception& lost) { // connection lost: the next connect subscribes
            log_warning(fmt::format("observer: cannot subscribe: {}", lost.what()));
        }
    });
}

paho_client::~paho_client() {
    if (!connected_) return;
    try {
        if (version_ == mqtt::version::v5_0) {
            // Ends the session at the broker (5.0, 3.14.2.2.2).
            paho::disconnect_options disconnect_options;
            disconnect_options.set_properties({{paho::property::SESSION_EXPIRY_INTERVAL, 0}});
            client_.disconnect(disconnect_options)->wait_for(seconds{1});
            return;
        }
        // 3.1.1, 3.1.2.4: only a connect with clean session ends a persistent session.
        client_.disconnect()->wait_for(seconds{1});
        subscribed_ = false;
        if (client_.connect(make_connect_options(true))->wait_for(seconds{1}))
            client_.disconnect()->wait_for(seconds{1});
    } catch (const paho::exception&) { // not connected
    }
}

paho_client::start_result paho_client::start() {
    try {
        auto made = connect();
        if (made.error.empty()) made = subscribe();
        return made;
    } catch (const paho::exception& failed) {
        return {.error =
                    fmt::format("the observer cannot connect ({}); check that the broker runs, and target.user and "
                                "target.password if it wants them",
                                failed.what()),
                .refuses_version = !connected_ && may_reject_version(version_, reason_of(failed))};
    }
}

paho::connect_options paho_client::make_connect_options(bool clean) const {
    paho::connect_options wanted;
    wanted.set_mqtt_version(net::to_paho_version(version_));
    version_ == mqtt::version::v5_0 ? wanted.set_clean_start(clean) : wanted.set_clean_session(clean);
    wanted.set_keep_alive_interval(keep_alive);
    wanted.set_connect_timeout(connect_timeout_per_broker(brokers_.size()));
    if (!clean) wanted.set_automatic_reconnect(seconds{1}, seconds{4});
    // Not through the builder: Paho C++ 1.2 drops the builder's properties.
    if (version_ == mqtt::version::v5_0)
        wanted.set_properties(
            {{paho::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(net::kept_session_expiry.count())}});
    if (const auto& user = brokers_.front().user; !user.empty()) wanted.set_user_name(user);
    if (const auto& password = brokers_.front().password; !password.empty()) wanted.set_password(password);
    if (net::uses_tls(brokers_.front())) wanted.set_ssl(net::to_paho_tls(brokers_.front().tls));
    if (brokers_.size() > 1) {
        std::vector<std::string> urls;
        for (const auto& b : brokers_) urls.push_back(net::to_paho_uri(b));
        wanted.set_servers(paho::string_collection::create(std::move(urls)));
    }
    return wanted;
}

paho_client::start_result paho_client::connect() {
    const auto token = client_.connect(make_connect_options(false));
    if (!token->wait_for(connect_timeout_per_broker(brokers_.size()) * brokers_.size() + seconds{1}))
        return {.error = start_error(mqtt::errc::connack_timeout)};
    connected_ = true;
    if (version_ == mqtt::version::v5_0 && std::ranges::any_of(subscriptions_, is_shared) &&
        !supports_shared_subscriptions(token->get_connect_response().get_properties()))
        return {.error = std::string(no_shared_subscriptions)};
    return {};
}

paho_client::start_result paho_client::subscribe() {
    for (const auto& s : subscriptions_) {
        auto reason = paho::ReasonCode::UNSPECIFIED_ERROR;
        try {
            const auto granted = client_.subscribe(s.filter, static_cast<int>(s.quality));
            if (!granted->wait_for(response_timeout))
                return {.error = "the broker does not answer the observer's subscription; see its log"};
            reason = granted->get_reason_code();
        } catch (const paho::exception& refused) {
            reason = static_cast<paho::ReasonCode>(reason_of(refused));
            if (!client_.is_connected()) return {.error = start_error(net::errc::closed_by_peer, {}, s.filter)};
            if (static_cast<int>(reason) < 0x80) reason = paho::ReasonCode::UNSPECIFIED_ERROR; // of 3.1.1
        }
        if (reason == paho::ReasonCode::SHARED_SUBSCRIPTIONS_NOT_SUPPORTED)
            return {.error = std::string(no_shared_subscriptions)};
        if (static_cast<int>(reason) >= 0x80)
            return {.error = start_error({}, static_cast<mqtt::reason>(reason), s.filter)};
    }
    subscribed_ = true;
    return {};
}

void paho_client::report_refusal(const paho::token& t) const {
    const auto code = static_cast<int>(t.get_reason_code());
    const auto reason = code >= 0x80 ? static_cast<mqtt::reason>(code) : mqtt::reason::unspecified_error; // of 3.1.1
    const auto topics = t.get_topics();
    const auto sentence = net::refused_subscription(
        topics && !topics->empty() ? (*topics)[0] : subscriptions_[0].filter, mqtt::to_string(reason), reason);
    log_warning("observer: " + sentence);
    if (common_.on_limited) common_.on_limited(sentence);
}

void paho_client::on_paho_message(const paho::message& m, monotonic_time now) {
    if (redelivery_filter_.is_redelivery(m.get_topic(), m.get_payload_str(), m.is_duplicate() || m.is_retained()))
        return;
    if (m.is_retained() && !reconnected_) return common_.on_retained();
    const contract::paho_message_view message(m);
    common_.on_message(message.view(), now);
}

class paho_subscriber final : public mqtt_subscriber {
public:
    paho_subscriber(subscriber_setup setup, mqtt::version version) : setup_(std::move(setup)), version_(version) {}

    start_result start() override {
        try {
            for (const auto& subscriptions : setup_.clients)
                clients_.push_back(std::make_unique<paho_client>(setup_, subscriptions, version_));
        } catch (const paho::exception& impossible) {
            return {.error = fmt::format("not an address of a broker ({})", impossible.what())};
        }
        // Concurrently: Paho needs two seconds per connect when another client is connected already.
        std::vector<std::future<start_result>> starting;
        for (const auto& c : clients_) starting.push_back(std::async(std::launch::async, [&c] { return c->start(); }));
        start_result all;
        for (auto& one : starting)
            if (auto started = one.get(); all.error.empty()) all = std::move(started);
        return all;
    }

private:
    const subscriber_setup setup_;
    const mqtt::version version_;
    std::vector<std::unique_ptr<paho_client>> clients_;
};

} // namespace

std::unique_ptr<mqtt_subscriber> make_paho_subscriber(subscriber_setup setup, mqtt::version version) {
    return std::make_unique<paho_subscriber>(std::move(setup), version);
}

} // namespace loadsim::observer
