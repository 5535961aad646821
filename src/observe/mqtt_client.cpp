#include "mqtt_client.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <random>
#include <string_view>
#include <utility>

namespace loadsim::observe {
namespace {

using std::chrono::seconds;

// In all less than the ten seconds that the start of an observer may take.
constexpr seconds answer_within{3};
constexpr seconds connect_within{6}; // all brokers together
/// Messages that a broker may send again after an outage: those that were under way.
constexpr std::size_t remembered = 1'000;
/// What the broker is to keep for us while we are away: longer than any outage that a run survives.
constexpr seconds session_expiry{3600};

/// A name of its own for each run: two observers with one name would throw each other out.
std::string client_id() { return fmt::format("loadsim-observer-{:08x}", std::random_device{}()); }

int version_number(mqtt_version v) { return v == mqtt_version::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1; }

/// A broker that speaks 3.1.1 alone says so with a reason of its own or of ours, or closes the connection without a word; that
/// looks the same as a broker that is not there.
bool may_be_too_new(mqtt_version version, int reason) {
    if (version != mqtt_version::v5) return reason <= 1; // 3.1.1, 3.2.2.3; Paho's own are negative
    return reason < 0x80 || reason == paho::ReasonCode::UNSUPPORTED_PROTOCOL_VERSION ||
           reason == paho::ReasonCode::MALFORMED_PACKET || reason == paho::ReasonCode::PROTOCOL_ERROR;
}

/// Of a CONNACK Paho (C 1.3) has it among its own codes, which are negative, and of others in its place.
int reason_of(const paho::exception& e) { return e.get_return_code() > 0 ? e.get_return_code() : e.get_reason_code(); }

bool has_shared(const paho::properties& connack) {
    return !connack.contains(paho::property::SHARED_SUBSCRIPTION_AVAILABLE) ||
           paho::get<std::uint8_t>(connack, paho::property::SHARED_SUBSCRIPTION_AVAILABLE) != 0;
}

/// To one of so many brokers.
seconds connect_to_one(std::size_t brokers) {
    return std::clamp(connect_within / static_cast<int>(brokers), seconds{1}, answer_within);
}

bool is_shared(const subscription& s) { return s.filter.starts_with("$share/"); }

const std::string no_shared =
    "the broker has no shared subscriptions, which several clients of an observer need; write clients: 1";

} // namespace

mqtt_client::mqtt_client(const std::vector<net::endpoint>& brokers, mqtt_version version,
                         std::vector<subscription> wanted, hear tell, std::function<void()> reconnected)
    : brokers_(brokers), version_(version), wanted_(std::move(wanted)), hear_(std::move(tell)),
      reconnected_(std::move(reconnected)),
      client_(net::to_paho(brokers.front()), client_id(),
              paho::create_options_builder().mqtt_version(version_number(version)).finalize()) {
    client_.set_message_callback([this](const paho::const_message_ptr& message) {
        if (message) take(*message, std::chrono::steady_clock::now());
    });
    client_.set_connection_lost_handler(
        [](const std::string&) { spdlog::warn("observer: the broker is lost; reconnecting"); });
    client_.set_connected_handler([this](const std::string&) {
        if (!subscribed_) return; // start() is about to
        reconnected_();
        // At every connect: a broker that was restarted, or another one, may not know the session.
        try {
            for (const auto& [filter, qos] : wanted_) client_.subscribe(filter, qos);
        } catch (const paho::exception& lost) { // again: the next connect subscribes
            spdlog::warn("observer: cannot subscribe: {}", lost.what());
        }
    });
}

mqtt_client::~mqtt_client() {
    if (!connected_) return;
    try {
        if (version_ == mqtt_version::v5) {
            // The broker need keep nothing more for us (5.0, 3.14.2.2.2).
            paho::disconnect_options good_bye;
            good_bye.set_properties({{paho::property::SESSION_EXPIRY_INTERVAL, 0}});
            client_.disconnect(good_bye)->wait_for(seconds{1});
            return;
        }
        // 3.1.1, 3.1.2.4: only a clean session ends one that was kept.
        client_.disconnect()->wait_for(seconds{1});
        subscribed_ = false;
        if (client_.connect(wishes(true))->wait_for(seconds{1})) client_.disconnect()->wait_for(seconds{1});
    } catch (const paho::exception&) { // it was not connected
    }
}

mqtt_client::attempt mqtt_client::start() {
    try {
        auto made = connect();
        if (made.trouble.empty()) made = subscribe();
        return made;
    } catch (const paho::exception& failed) {
        return {.trouble =
                    fmt::format("the observer cannot connect ({}); check that the broker runs, and target.user and "
                                "target.password if it wants them",
                                failed.what()),
                .refuses_version = !connected_ && may_be_too_new(version_, reason_of(failed))};
    }
}

paho::connect_options mqtt_client::wishes(bool forget) const {
    paho::connect_options wanted;
    wanted.set_mqtt_version(version_number(version_));
    version_ == mqtt_version::v5 ? wanted.set_clean_start(forget) : wanted.set_clean_session(forget);
    wanted.set_keep_alive_interval(seconds{30});
    wanted.set_connect_timeout(connect_to_one(brokers_.size()));
    if (!forget) wanted.set_automatic_reconnect(seconds{1}, seconds{4});
    // Not through the builder: what that is given of properties (Paho C++ 1.2) never gets into the packet.
    if (version_ == mqtt_version::v5)
        wanted.set_properties(
            {{paho::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(session_expiry.count())}});
    if (const auto& user = brokers_.front().user; !user.empty()) wanted.set_user_name(user);
    if (const auto& password = brokers_.front().password; !password.empty()) wanted.set_password(password);
    if (brokers_.size() > 1) {
        std::vector<std::string> urls;
        for (const auto& b : brokers_) urls.push_back(net::to_paho(b));
        wanted.set_servers(paho::string_collection::create(std::move(urls)));
    }
    return wanted;
}

mqtt_client::attempt mqtt_client::connect() {
    const auto connecting = client_.connect(wishes(false));
    if (!connecting->wait_for(connect_to_one(brokers_.size()) * brokers_.size() + seconds{1}))
        return {.trouble = "the broker does not answer the observer; see whether it is an MQTT broker, and its log"};
    connected_ = true;
    if (version_ == mqtt_version::v5 && std::ranges::any_of(wanted_, is_shared) &&
        !has_shared(connecting->get_connect_response().get_properties()))
        return {.trouble = no_shared};
    return {};
}

mqtt_client::attempt mqtt_client::subscribe() {
    for (const auto& s : wanted_) {
        auto reason = paho::ReasonCode::UNSPECIFIED_ERROR;
        try {
            const auto granted = client_.subscribe(s.filter, s.qos);
            if (!granted->wait_for(answer_within))
                return {.trouble = "the broker does not answer the observer's subscription; see its log"};
            reason = granted->get_reason_code();
        } catch (const paho::exception& refused) {
            reason = static_cast<paho::ReasonCode>(reason_of(refused));
            if (!client_.is_connected())
                return {.trouble =
                            fmt::format("the broker closes the connection at the observer's subscription to {}; see "
                                        "its log",
                                        s.filter)};
            if (static_cast<int>(reason) < 0x80) reason = paho::ReasonCode::UNSPECIFIED_ERROR; // of 3.1.1
        }
        if (reason == paho::ReasonCode::SHARED_SUBSCRIPTIONS_NOT_SUPPORTED) return {.trouble = no_shared};
        if (static_cast<int>(reason) >= 0x80)
            return {.trouble = fmt::format(
                        "the broker refuses the observer's subscription to {}; check its access rules", s.filter)};
    }
    subscribed_ = true;
    return {};
}

/// Whether the broker only was not sure that we had it. Without the flag it is said twice, and that is to be told.
bool mqtt_client::is_sent_again(const paho::message& m) {
    auto said = m.get_topic() + '\n' + m.get_payload_str();
    if (m.is_duplicate() && std::ranges::find(recent_, said) != recent_.end()) return true;
    recent_.push_back(std::move(said));
    if (recent_.size() > remembered) recent_.pop_front();
    return false;
}

void mqtt_client::take(const paho::message& m, monotonic_time now) {
    if (is_sent_again(m)) return;
    const auto& properties = m.get_properties();
    std::vector<paho::string_pair> named;
    for (std::size_t i = 0; i < properties.count(paho::property::USER_PROPERTY); ++i)
        named.push_back(paho::get<paho::string_pair>(properties, paho::property::USER_PROPERTY, i));
    const std::string correlation = properties.contains(paho::property::CORRELATION_DATA)
                                        ? paho::get<std::string>(properties, paho::property::CORRELATION_DATA)
                                        : std::string{};
    contract::heard heard{.topic = m.get_topic(), .payload = m.get_payload_str(), .correlation = correlation};
    if (!named.empty())
        heard.named = [&named](std::string_view name) {
            const auto found =
                std::ranges::find(named, name, [](const auto& p) -> std::string_view { return std::get<0>(p); });
            return found == named.end() ? std::string_view{} : std::string_view(std::get<1>(*found));
        };
    hear_(heard, now);
}

} // namespace loadsim::observe
