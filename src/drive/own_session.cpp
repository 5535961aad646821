#include "own_session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::drive {
namespace {

constexpr nanoseconds reconnect_after = std::chrono::seconds{1};

} // namespace

void own_session::connect(std::function<void(std::string)> ready) {
    ready_ = std::move(ready);
    link_.acknowledge_at_once();
    link_.connect(to_.brokers[at_]);
}

void own_session::tell(std::string trouble) {
    if (ready_) std::exchange(ready_, nullptr)(std::move(trouble));
}

void own_session::tell_refused(mqtt::reason why) {
    tell(fmt::format("the broker refuses {}'s subscription to {} ({}); check the broker and its access rules", to_.who,
                     to_.filter, mqtt::to_string(why)));
}

void own_session::on_online(net::mqtt_link&, const mqtt::server_limits& limits, nanoseconds) {
    refusals_ = 0;
    on_begun();
    if (to_.filter.empty()) return tell({});
    if (const auto why = refusal_of(limits, to_.filter); why != mqtt::reason::success) return tell_refused(why);
    const mqtt::subscription mine{.filter = to_.filter};
    if (const auto asked = link_.subscribe({&mine, 1}); asked.error)
        tell(fmt::format("{} cannot subscribe to {}: {}", to_.who, to_.filter, asked.error.message()));
}

void own_session::on_subscribed(net::mqtt_link&, std::span<const mqtt::reason> granted) {
    const auto said = granted.empty() ? mqtt::reason::unspecified_error : granted[0];
    static_cast<std::uint8_t>(said) >= 0x80 ? tell_refused(said) : tell({});
}

void own_session::on_offline(net::mqtt_link&, std::error_code why, bool was_online) {
    on_lost(why);
    if (!was_online || why == mqtt::errc::use_another_server) at_ = (at_ + 1) % to_.brokers.size();
    // What the brokers say is final; anything else may pass, and the set-up has its own limit.
    if (why == mqtt::errc::connect_refused && ++refusals_ >= to_.brokers.size() && ready_)
        return tell(fmt::format("{}'s session cannot connect: {}: {}; check the broker and its access rules", to_.who,
                                why.message(), mqtt::to_string(link_.session().last_reason())));
    // While others have not been asked yet there is nothing to wait for.
    const bool next_at_once = ready_ && at_ != 0;
    link_.wait_until(loop_.now() + (next_at_once ? nanoseconds{0} : reconnect_after));
}

} // namespace loadsim::drive
