// Simulated network between vehicles and broker: blocked, slow or stalled links.
#include "simulated_fleet/simulated_fleet_impl.hpp"

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

void simulated_fleet::impl::transmit_downlink(simulated_vehicle& c, in_transit_message m) {
    const bool unobstructed = !c.disruptions || (c.disruptions->downlink_queue.empty() && c.disruptions->slow.empty() &&
                                                 c.disruptions->stalled_until <= now());
    if (unobstructed && !is_link_blocked(c)) return receive_command(c, m);
    auto& disruptions = disruptions_of(c);
    const auto due = arrival_time(disruptions, m, disruptions.downlink_shaper, now());
    enqueue(std::move(m), disruptions.downlink_queue, due);
    deliver_due(c);
}

void simulated_fleet::impl::transmit_uplink(simulated_vehicle& c, in_transit_message m) {
    const bool unobstructed = !c.disruptions || (c.disruptions->uplink_queue.empty() && c.disruptions->slow.empty());
    if (unobstructed && !is_link_blocked(c))
        return uplink_receiver.on_vehicle_message(id_of(c), m.request, m.topic, m.payload);
    auto& disruptions = disruptions_of(c);
    const auto due = arrival_time(disruptions, m, disruptions.uplink_shaper, now());
    enqueue(std::move(m), disruptions.uplink_queue, due);
    deliver_due(c);
}

/// Delivers the messages that have arrived and arms the timer for the next arrival.
void simulated_fleet::impl::deliver_due(simulated_vehicle& c) {
    if (!c.disruptions) return;
    auto& disruptions = *c.disruptions;
    while (is_reachable(c) && has_arrived(disruptions.uplink_queue, now())) {
        const auto response = pop_front(disruptions.uplink_queue);
        uplink_receiver.on_vehicle_message(id_of(c), response.request, response.topic, response.payload);
    }
    while (is_reachable(c) && disruptions.stalled_until <= now() && has_arrived(disruptions.downlink_queue, now()))
        receive_command(c, pop_front(disruptions.downlink_queue));
    if (!is_reachable(c)) return; // called again when the vehicle becomes reachable
    auto next = never;
    if (!disruptions.uplink_queue.empty()) next = disruptions.uplink_queue.front().due;
    if (!disruptions.downlink_queue.empty())
        next = std::min(next, std::max(disruptions.downlink_queue.front().due, disruptions.stalled_until));
    arm_timer(disruptions.delivery_timer, next);
}

} // namespace loadsim::fleet
