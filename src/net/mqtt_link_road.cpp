// What the road does to a link: nothing gets through, or slowly.
#include "road.hpp"

#include <loadsim/net/error.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::net {
namespace {

/// Of what waits on a slow link; as of what waits for a socket.
constexpr std::size_t going_most = 1024 * 1024;

} // namespace

mqtt_link::road& mqtt_link::on_the_road() {
    if (!road_) road_ = std::make_unique<road>(*this);
    return *road_;
}

bool mqtt_link::is_held() const noexcept { return road_ && road_->held; }

/// Or was, and what it was given then is still under way.
bool mqtt_link::is_slow() const noexcept {
    return road_ && (road_->speed != pace::limits{} || road_->going.size() > 0 || road_->coming.size() > 0);
}

void mqtt_link::hold() { on_the_road().held = true; }

void mqtt_link::release() {
    if (!is_held()) return;
    road_->held = false;
    if (unsent_) writable();
    move_on(loop_.now());
    if (stage_ == stage::connecting || stage_ == stage::open) loop_.sockets().again(socket_, *this);
}

void mqtt_link::stop_reading() { on_the_road().deaf = true; }

void mqtt_link::read_on() {
    if (!road_ || !std::exchange(road_->deaf, false)) return;
    move_on(loop_.now());
    if (stage_ == stage::open) loop_.sockets().again(socket_, *this);
}

void mqtt_link::slow_down(const pace::limits& limits) {
    if (road_ || limits != pace::limits{}) on_the_road().speed = limits;
}

/// Out of the session, on its way to the socket.
std::error_code mqtt_link::set_out(mqtt::byte_view bytes) {
    auto& r = *road_;
    if (r.going.size() + bytes.size() > going_most) return errc::peer_not_reading;
    r.going.put(bytes, loop_.now(), r.speed);
    if (!r.held) loop_.arm(r, std::min(r.going.next(), r.coming.next()));
    return {};
}

/// Out of the socket, on its way to the session.
void mqtt_link::take_in(mqtt::byte_view bytes) {
    auto& r = *road_;
    r.coming.put(bytes, loop_.now(), r.speed);
    move_on(loop_.now());
}

/// Hands on what has arrived by now.
void mqtt_link::move_on(monotonic_time now) {
    auto& r = *road_;
    if (r.held || stage_ != stage::open) return;
    if (const auto arrived = r.going.take(now); !arrived.empty())
        if (const auto error = transmit(arrived)) return lose(error);
    if (!r.deaf)
        if (const auto arrived = r.coming.take(now); !arrived.empty())
            if (hand_in(arrived) || stage_ != stage::open) return;
    if (r.takes_more() && std::exchange(r.more_has_come, false)) loop_.sockets().again(socket_, *this);
    loop_.arm(r, std::min(r.going.next(), r.deaf ? never : r.coming.next()));
}

void mqtt_link::tap(bool sent, mqtt::byte_view bytes) {
    if (loop_.tap != nullptr && !bytes.empty() && road_ && road_->ends)
        loop_.tap->on_bytes(*road_->ends, sent, bytes, loop_.now());
}

} // namespace loadsim::net
