// Network impairment of an MQTT link: blackhole, pause of reading, bandwidth limit and delay.
#include "link_impairment.hpp"

#include <loadsim/net/error.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::net {
namespace {

std::size_t chunk_size(double bytes_per_second, std::size_t arrived) {
    constexpr std::size_t smallest = 16;
    const double part = bytes_per_second / 20;
    if (bytes_per_second <= 0 || part >= static_cast<double>(arrived)) return arrived;
    return std::max(smallest, static_cast<std::size_t>(part));
}

/// Limit on bytes in the outgoing delay queue; same as the limit on unsent bytes.
constexpr std::size_t outgoing_limit = 1024 * 1024;

} // namespace

monotonic_time link_shaper::arrival_time(monotonic_time now, std::size_t bytes, const limits& l) {
    idle_from_ = std::max(idle_from_, now);
    if (l.bytes_per_second > 0)
        idle_from_ += nanoseconds{static_cast<std::int64_t>(static_cast<double>(bytes) / l.bytes_per_second * 1e9)};
    last_arrival_ = std::max(last_arrival_, idle_from_ + l.delay);
    return last_arrival_;
}

void delay_queue::push(mqtt::byte_view bytes, monotonic_time now, const link_shaper::limits& limits) {
    const auto max_chunk = chunk_size(limits.bytes_per_second, bytes.size());
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(max_chunk, bytes.size()));
        bytes = bytes.subspan(part.size());
        chunks_.push_back({shaper_.arrival_time(now, part.size(), limits), {part.begin(), part.end()}});
        size_ += part.size();
    }
}

mqtt::bytes delay_queue::pop_arrived(monotonic_time now) {
    mqtt::bytes arrived;
    for (; !chunks_.empty() && chunks_.front().due <= now; chunks_.pop_front())
        arrived.insert(arrived.end(), chunks_.front().data.begin(), chunks_.front().data.end());
    size_ -= arrived.size();
    return arrived;
}

mqtt_link::link_impairment* mqtt_link::impaired() const noexcept {
    return layers_ ? layers_->impairment.get() : nullptr;
}

mqtt_link::link_impairment& mqtt_link::impairment() {
    auto& of_link = make_layers().impairment;
    if (!of_link) of_link = std::make_unique<link_impairment>(*this);
    return *of_link;
}

bool mqtt_link::is_blocked() const noexcept { return impaired() != nullptr && impaired()->blocked; }

/// Also true after shaping was switched off, while delayed bytes are in transit.
bool mqtt_link::is_shaped() const noexcept {
    const auto* const r = impaired();
    return r != nullptr && (r->limits != link_shaper::limits{} || r->outgoing.size() > 0 || r->incoming.size() > 0);
}

void mqtt_link::block() { impairment().blocked = true; }

void mqtt_link::unblock() {
    if (!is_blocked()) return;
    impaired()->blocked = false;
    if (unsent_) on_writable();
    flush_due(loop_.now());
    if (stage_ == stage::connecting || transfers()) loop_.poller().rearm(socket_, *this);
}

void mqtt_link::pause_reading() { impairment().reading_paused = true; }

void mqtt_link::resume_reading() {
    if (impaired() == nullptr || !std::exchange(impaired()->reading_paused, false)) return;
    flush_due(loop_.now());
    if (transfers()) loop_.poller().rearm(socket_, *this);
}

void mqtt_link::shape(const link_shaper::limits& limits) {
    if (impaired() != nullptr || limits != link_shaper::limits{}) impairment().limits = limits;
}

/// Queues bytes for the socket.
std::error_code mqtt_link::enqueue_outgoing(mqtt::byte_view bytes) {
    auto& r = *impaired();
    if (r.outgoing.size() + bytes.size() > outgoing_limit) return errc::peer_not_reading;
    r.outgoing.push(bytes, loop_.now(), r.limits);
    if (!r.blocked) loop_.arm(r, std::min(r.outgoing.next_arrival(), r.incoming.next_arrival()));
    return {};
}

/// Queues bytes from the socket.
void mqtt_link::enqueue_incoming(mqtt::byte_view bytes) {
    auto& r = *impaired();
    r.incoming.push(bytes, loop_.now(), r.limits);
    flush_due(loop_.now());
}

/// Delivers the bytes whose delay has elapsed, both directions.
void mqtt_link::flush_due(monotonic_time now) {
    auto& r = *impaired();
    if (r.blocked || !transfers()) return;
    if (const auto arrived = r.outgoing.pop_arrived(now); !arrived.empty())
        if (const auto error = transmit(arrived)) return on_connection_lost(error);
    if (!r.reading_paused)
        if (const auto arrived = r.incoming.pop_arrived(now); !arrived.empty())
            if (deliver(arrived) || !transfers()) return;
    if (r.can_read() && std::exchange(r.read_pending, false)) loop_.poller().rearm(socket_, *this);
    loop_.arm(r, std::min(r.outgoing.next_arrival(), r.reading_paused ? never : r.incoming.next_arrival()));
}

void mqtt_link::tap(bool sent, mqtt::byte_view bytes) {
    if (loop_.tap != nullptr && !bytes.empty() && layers_ && layers_->tapped)
        loop_.tap->on_bytes(*layers_->tapped, sent, bytes, loop_.now());
}

} // namespace loadsim::net
