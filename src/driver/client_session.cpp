#include "client_session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::driver {
namespace {

constexpr nanoseconds reconnect_after = std::chrono::seconds{1};

} // namespace

void client_session::connect(std::function<void(std::string)> ready) {
    ready_ = std::move(ready);
    link_.enable_quick_acks();
    link_.connect(setup_.brokers[broker_index_]);
}

void client_session::report_ready(std::string error) {
    if (ready_) std::exchange(ready_, nullptr)(std::move(error));
}

void client_session::report_refused(mqtt::reason why) {
    report_ready(fmt::format("the broker refuses {}'s subscription to {} ({}); check the broker and its access rules",
                             setup_.display_name, setup_.filter, mqtt::to_string(why)));
}

void client_session::on_online(net::mqtt_link&, const mqtt::server_limits& limits, nanoseconds) {
    refusals_ = 0;
    on_session_started();
    if (setup_.filter.empty()) return report_ready({});
    if (const auto why = subscription_refusal(limits, setup_.filter); why != mqtt::reason::success)
        return report_refused(why);
    const mqtt::subscription own_subscription{.filter = setup_.filter};
    if (const auto subscribed = link_.subscribe({&own_subscription, 1}); subscribed.error)
        report_ready(fmt::format("{} cannot subscribe to {}: {}", setup_.display_name, setup_.filter,
                                 subscribed.error.message()));
}

void client_session::on_subscribed(net::mqtt_link&, std::span<const mqtt::reason> granted) {
    const auto reason = granted.empty() ? mqtt::reason::unspecified_error : granted[0];
    static_cast<std::uint8_t>(reason) >= 0x80 ? report_refused(reason) : report_ready({});
}

void client_session::on_offline(net::mqtt_link&, std::error_code why, bool was_online) {
    on_session_lost(why);
    if (!was_online || why == mqtt::errc::use_another_server)
        broker_index_ = (broker_index_ + 1) % setup_.brokers.size();
    // A refusal by every broker is final. Other errors may be temporary; the setup timeout limits them.
    if (why == mqtt::errc::connect_refused && ++refusals_ >= setup_.brokers.size() && ready_)
        return report_ready(fmt::format("{}'s session cannot connect: {}: {}; check the broker and its access rules",
                                        setup_.display_name, why.message(),
                                        mqtt::to_string(link_.session().last_reason())));
    // Untried brokers are tried without a delay.
    const bool next_at_once = ready_ && broker_index_ != 0;
    link_.wait_until(loop_.now() + (next_at_once ? nanoseconds{0} : reconnect_after));
}

} // namespace loadsim::driver
