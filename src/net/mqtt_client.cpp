#include <loadsim/net/mqtt_client.hpp>

#include <loadsim/base/log.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <utility>

namespace loadsim::net {
namespace {

/// Before a refused subscription is tried again: a restarted broker may not have its rules yet.
constexpr std::chrono::seconds resubscribe_wait{1};

} // namespace

void mqtt_client::connect(start_handler on_start) {
    on_start_ = std::move(on_start);
    link_.enable_quick_acks();
    connect_to_broker();
}

void mqtt_client::connect_to_broker() {
    const auto brokers = setup_.brokers.at(loop_.now());
    policy_.set_brokers(brokers->size());
    broker_ = brokers->at(policy_.broker()).address;
    broker_url_ = brokers->at(policy_.broker()).url;
    link_.connect(broker_);
}

bool mqtt_client::broker_uses_tls() const {
    const auto& urls = setup_.brokers.urls();
    return broker_url_ < urls.size() && uses_tls(urls[broker_url_]);
}

std::error_code mqtt_client::make_tls(mqtt_link&, std::unique_ptr<tls_session>& out) {
    if (!broker_uses_tls()) return {};
    const auto& urls = setup_.brokers.urls();
    if (!tls_context_) {
        auto made = tls_context::make(urls[broker_url_].tls);
        if (!made) {
            tls_error_ = to_string(made.error());
            return errc::no_credentials;
        }
        tls_context_ = std::move(*made);
        if (loop_.tap != nullptr) tls_context_->log_keys(*loop_.tap);
    }
    out = std::make_unique<tls_session>(*tls_context_, urls[broker_url_].host);
    return {};
}

void mqtt_client::on_limited(const std::string& sentence) {
    log_warning(fmt::format("{}: {}", setup_.display_name, sentence));
}

void mqtt_client::report_start(std::optional<start_failure> failure) {
    if (failure) {
        failure->session = setup_.display_name;
        failure->client_id = setup_.client_id;
        failure->protocol = options_.protocol;
    } else {
        policy_.on_started();
    }
    if (on_start_) std::exchange(on_start_, nullptr)(failure);
}

void mqtt_client::on_subscription_refused(const std::string& filter, std::error_code why, mqtt::reason reason) {
    if (on_start_) return report_start(start_failure{.why = why, .reason = reason, .filter = filter});
    subscription_refused_ = true;
    report_limit(refused_subscription(filter, why ? why.message() : mqtt::to_string(reason), reason));
}

void mqtt_client::on_online(mqtt_link&, const mqtt::server_limits& limits, const connect_times&) {
    policy_.on_online();
    if (auto unsupported = check_limits(limits); !unsupported.empty()) {
        if (on_start_) return report_start(start_failure{.broker = broker_, .unsupported = std::move(unsupported)});
        report_limit(unsupported); // another broker than at the start
    }
    on_session_started();
    if (setup_.subscriptions.empty()) return report_start({});
    for (const auto& s : setup_.subscriptions)
        if (const auto why = subscription_refusal(limits, s.filter); why != mqtt::reason::success)
            return on_subscription_refused(s.filter, {}, why);
    subscribe();
}

void mqtt_client::subscribe() {
    std::vector<mqtt::subscription> wanted;
    for (const auto& s : setup_.subscriptions) // 5.0, 3.8.3.1: retained messages only for a subscription that is new
        wanted.push_back({.filter = s.filter, .quality = s.quality, .retain_handling = 1});
    if (const auto sent = link_.subscribe(wanted); sent.error)
        on_subscription_refused(setup_.subscriptions.front().filter, sent.error, mqtt::reason::success);
}

void mqtt_client::on_subscribed(mqtt_link&, std::span<const mqtt::reason> granted) {
    for (std::size_t i = 0; i < setup_.subscriptions.size(); ++i) {
        const auto reason = i < granted.size() ? granted[i] : mqtt::reason::unspecified_error;
        const auto& wanted = setup_.subscriptions[i];
        if (is_refusal(reason)) {
            if (!on_start_) loop_.arm(*this, loop_.now() + resubscribe_wait);
            return on_subscription_refused(wanted.filter, {}, reason);
        }
        if (static_cast<mqtt::qos>(reason) < wanted.quality)
            report_limit(granted_limit(wanted.filter, static_cast<mqtt::qos>(reason), wanted.quality));
    }
    subscription_refused_ = false;
    report_start({});
    on_subscriptions_granted();
}

void mqtt_client::on_offline(mqtt_link&, std::error_code why, bool was_online) {
    disarm();
    subscription_refused_ = false;
    on_session_lost(why);
    const auto next = policy_.on_lost(why, was_online);
    if (!next.start_failed) return link_.wait_until(loop_.now() + next.wait);
    start_failure failure{.why = why, .broker = broker_, .uses_tls = broker_uses_tls()};
    failure.tls = why == errc::no_credentials ? tls_error_ : link_.describe_tls_error(why);
    if (ended_by_broker(why)) {
        failure.reason = link_.session().last_reason();
        failure.server_reference = link_.session().server_reference();
    }
    if (was_online && !setup_.subscriptions.empty()) failure.filter = setup_.subscriptions.front().filter;
    report_start(failure);
}

} // namespace loadsim::net
