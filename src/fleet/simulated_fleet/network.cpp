// Simulated network between vehicles and broker: blocked, slow or stalled links.
#include "simulated_fleet/simulated_fleet.hpp"

#include <algorithm>
#include <utility>

namespace loadsim::fleet {
namespace {

bool has_arrived(const std::vector<in_transit_message>& queue, monotonic_time now) {
    return !queue.empty() && queue.front().due <= now;
}

/// Appends in order: no message overtakes an earlier one.
void enqueue(in_transit_message m, std::vector<in_transit_message>& queue, monotonic_time due) {
    m.due = queue.empty() ? due : std::max(due, queue.back().due);
    queue.push_back(std::move(m));
}

/// Arrival time on a link that transmits sequentially. `shaper`: of the direction.
monotonic_time arrival_time(const simulated_disruption_state& disruptions, const in_transit_message& m,
                            net::link_shaper& shaper, monotonic_time now) {
    return shaper.arrival_time(now, m.topic.size() + m.payload.size(), disruptions.shape);
}

in_transit_message pop_front(std::vector<in_transit_message>& queue) {
    auto first = std::move(queue.front());
    queue.erase(queue.begin());
    return first;
}

} // namespace

void simulated_fleet::transmit_downlink(vehicle_state& c, in_transit_message m) {
    const auto* d = find_disruptions(c);
    const bool unobstructed =
        d == nullptr || (d->downlink_queue.empty() && d->slow.empty() && d->stalled_until <= now());
    if (unobstructed && !is_link_blocked(c)) return receive_command(c, m);
    auto& disruptions = disruptions_of(c);
    const auto due = arrival_time(disruptions, m, disruptions.downlink_shaper, now());
    enqueue(std::move(m), disruptions.downlink_queue, due);
    deliver_pending(c);
}

bool simulated_fleet::is_uplink_free(const vehicle_state& c) const {
    const auto* d = find_disruptions(c);
    return !is_link_blocked(c) && (d == nullptr || (d->uplink_queue.empty() && d->slow.empty()));
}

void simulated_fleet::transmit_uplink(vehicle_state& c, in_transit_message m) {
    if (is_uplink_free(c)) return uplink_receiver_.on_vehicle_message(c.id, m.request, m.topic, m.payload);
    auto& disruptions = disruptions_of(c);
    const auto due = arrival_time(disruptions, m, disruptions.uplink_shaper, now());
    enqueue(std::move(m), disruptions.uplink_queue, due);
    deliver_pending(c);
}

/// Delivers the messages that have arrived and arms the timer for the next arrival.
void simulated_fleet::deliver_pending(vehicle_state& c) {
    if (!c.disruptions) return;
    auto& disruptions = disruptions_of(c);
    while (is_reachable(c) && has_arrived(disruptions.uplink_queue, now())) {
        const auto response = pop_front(disruptions.uplink_queue);
        uplink_receiver_.on_vehicle_message(c.id, response.request, response.topic, response.payload);
    }
    while (is_reachable(c) && disruptions.stalled_until <= now() && has_arrived(disruptions.downlink_queue, now()))
        receive_command(c, pop_front(disruptions.downlink_queue));
    if (!is_reachable(c)) return; // called again when the vehicle becomes reachable
    auto next = never;
    if (!disruptions.uplink_queue.empty()) next = disruptions.uplink_queue.front().due;
    if (!disruptions.downlink_queue.empty())
        next = std::min(next, std::max(disruptions.downlink_queue.front().due, disruptions.stalled_until));
    arm(disruptions.delivery_timer, next);
}

} // namespace loadsim::fleet
