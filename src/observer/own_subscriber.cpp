#include "own_subscriber.hpp"

#include "redelivery_filter.hpp"

#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/refusal.hpp>
#include <loadsim/net/server_list.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

namespace loadsim::observer {
namespace {

using std::chrono::seconds;

// Twice, for both versions of MQTT, below the 10 s limit of observer::start().
constexpr seconds start_timeout{5};
constexpr seconds own_connect_timeout{4}; ///< all brokers together
constexpr seconds session_end_timeout{1};

/// Of several brokers only the last failure is known: an unreachable one says nothing about the others.
bool may_refuse_version(const net::start_failure& f) {
    if (f.why == mqtt::errc::connect_refused)
        return f.reason == mqtt::reason::unsupported_protocol_version || f.reason == mqtt::reason::malformed_packet ||
               f.reason == mqtt::reason::protocol_error;
    return f.why != mqtt::errc::use_another_server && f.why != net::errc::connect_timeout &&
           f.why != mqtt::errc::connack_timeout;
}

mqtt::session_options options_of(mqtt::version version, bool clean_start, std::size_t brokers) {
    return {.protocol = version,
            .keep_alive = keep_alive,
            .clean_start = clean_start,
            .new_client_id = true,
            .session_expiry = clean_start ? seconds{0} : net::kept_session_expiry,
            .maximum_packet_size = mqtt::remaining_length_max + 5, // what MQTT allows
            .connect_timeout = std::clamp(own_connect_timeout / static_cast<int>(brokers), seconds{1}, seconds{3})};
}

} // namespace

mqtt_subscriber::start_result describe(const net::start_failure& f) {
    if (!f.filter.empty() && f.reason == mqtt::reason::shared_subscriptions_not_supported)
        return {.error = std::string(no_shared_subscriptions)};
    return {.error = net::start_error(f, keys_of_observer),
            .refuses_version = f.filter.empty() && may_refuse_version(f)};
}

class own_subscriber::client final : public net::mqtt_client {
public:
    client(own_subscriber& owner, const mqtt::session_options& session, client_setup s)
        : mqtt_client(owner.loop_, session, std::move(s)), owner_(owner) {}

    using mqtt_client::connect;
    using mqtt_client::disconnect;
    bool online() noexcept { return link().online(); }

private:
    void on_session_started() override {
        online_ = true;
        reconnected_ = subscribed_before_;
        if (owner_.setup_.on_connect) owner_.setup_.on_connect(net::to_string(broker()));
        if (reconnected_) owner_.setup_.on_reconnect();
    }
    void on_subscriptions_granted() override { subscribed_before_ = true; }
    void on_limited(const std::string& sentence) override {
        if (owner_.setup_.on_limited) owner_.setup_.on_limited(sentence);
    }
    void on_session_lost(std::error_code why) override {
        if (!std::exchange(online_, false)) return;
        log_warning(fmt::format("observer: the broker is lost ({}); reconnecting", why.message()));
        if (owner_.setup_.on_lost) owner_.setup_.on_lost(why.message());
    }
    void on_message(net::mqtt_link&, const mqtt::message& m) override {
        const auto now = loop().now();
        if (redelivery_filter_.is_redelivery(m.topic, m.payload, m.duplicate || m.retain)) return;
        if (m.retain && !reconnected_) return owner_.setup_.on_retained();
        owner_.setup_.on_message(contract::message_view_of(m), now);
    }

    own_subscriber& owner_;
    redelivery_filter redelivery_filter_;
    bool online_ = false;
    bool subscribed_before_ = false;
    bool reconnected_ = false; ///< this is not the first session
};

own_subscriber::own_subscriber(subscriber_setup s, mqtt::version version) : setup_(std::move(s)), version_(version) {
    loop_.tap = setup_.tap;
    for (std::size_t i = 0; i < setup_.clients.size(); ++i) client_ids_.push_back(unique_client_id());
}

own_subscriber::~own_subscriber() {
    const bool started = thread_.joinable();
    if (started) {
        loop_.stop();
        thread_.join();
    }
    for (const auto& c : clients_) c->disconnect(mqtt::session::close_scope::session);
    if (started && version_ == mqtt::version::v3_1_1) end_kept_sessions();
}

/// 3.1.1, 3.1.2.4: only a connect with clean session ends a persistent session.
void own_subscriber::end_kept_sessions() {
    connect_clients(true);
    loop_.run_until([this] { return connecting_ == 0; }, time_.now() + session_end_timeout);
    for (const auto& c : clients_) c->disconnect();
}

/// `clean_start`: to end sessions; without subscriptions.
void own_subscriber::connect_clients(bool clean_start) {
    const auto& credentials = setup_.brokers.front();
    const auto broker_count = brokers_.at(time_.now())->size();
    clients_.clear();
    for (std::size_t i = 0; i < client_ids_.size(); ++i)
        clients_.push_back(std::make_unique<client>(
            *this, options_of(version_, clean_start, broker_count),
            net::mqtt_client::client_setup{.display_name = std::string(session_name),
                                           .client_id = client_ids_[i],
                                           .user = credentials.user,
                                           .password = credentials.password,
                                           .brokers = brokers_,
                                           .first_broker = setup_.first_broker + i,
                                           .subscriptions = clean_start ? std::vector<net::mqtt_client::topic_filter>{}
                                                                        : setup_.clients[i],
                                           .limit = net::reconnect_policy::start_limit::one_round}));
    connecting_ = clients_.size();
    for (const auto& c : clients_)
        c->connect([this](const std::optional<net::start_failure>& failure) {
            --connecting_;
            if (failure && !failure_) failure_ = failure;
        });
}

mqtt_subscriber::start_result own_subscriber::start() {
    auto found = net::look_up(setup_.brokers, "broker", setup_.servers);
    brokers_ = std::move(found.servers);
    if (brokers_.at(time_.now())->empty()) return {.error = found.unreachable.list.front().text};
    connect_clients(false);
    const bool finished = loop_.run_until([this] { return connecting_ == 0 || failure_; }, time_.now() + start_timeout);
    if (failure_) return describe(*failure_);
    if (!finished) {
        const bool connected = std::ranges::all_of(clients_, [](const auto& c) { return c->online(); });
        if (!connected) return describe({.why = mqtt::errc::connack_timeout, .session = std::string(session_name)});
        return {.error = "the broker does not answer the observer's subscription; see its log"};
    }
    thread_ = std::thread([this] { run_despite_exhaustion("the mqtt observer", [this] { loop_.run(); }); });
    return {};
}

} // namespace loadsim::observer
