#include "simulated_fleet/simulated_fleet_impl.hpp"

#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/vehicle/registry.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {

simulated_fleet::impl::impl(arm_function a, const time_source& t, vehicle_events& e, const fleet_spec& p,
                            uplink_sink& b, const simulation_options& m)
    : arm_timer(std::move(a)), time(t), events(e), spec(p), uplink_receiver(b), simulation(m),
      schedule(p.conditions, p.segments, p.segment_names, p.seed, p.options.vehicles, p.shard_partition,
               p.load_duration) {
    const auto vehicle_count = spec.options.vehicles;
    size = vehicle_count > spec.shard_partition.index
               ? (vehicle_count - spec.shard_partition.index - 1) / spec.shard_partition.count + 1
               : 0;
    tracks_previous_request =
        std::ranges::any_of(spec.behaviours, [](const auto& one) { return references_previous_request(one.steps); });
    count_initial();
}

std::string simulated_fleet::impl::vin_of(vehicle_id v) const { return spec.registry.vin_of(v); }

std::int64_t simulated_fleet::impl::wall_us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch() + simulation.system_offset)
        .count();
}

simulated_disruption_state& simulated_fleet::impl::disruptions_of(simulated_vehicle& c) {
    if (!c.disruptions) {
        c.disruptions = std::make_unique<simulated_disruption_state>(*this, c.slot);
        if (c.state == session_state::asleep) c.disruptions->offline_since = load_start;
    }
    return *c.disruptions;
}

void simulated_fleet::impl::receive_command(simulated_vehicle& c, const in_transit_message& m) {
    ++received;
    const auto v = id_of(c);
    const auto t = now();
    contract::message_view message{.topic = m.topic, .payload = m.payload};
    if (!m.headers.empty())
        message.property = [&m](std::string_view name) {
            const auto at =
                std::ranges::find(m.headers, name, [](const auto& h) -> std::string_view { return h.first; });
            return at == m.headers.end() ? std::string_view{} : std::string_view{at->second};
        };
    auto* const stats = commands_checked < contract::field_match_stats::sample_size ? &field_matches : nullptr;
    if (stats != nullptr) ++commands_checked;
    auto command = spec.message_contract.parse_command(message, stats);
    if (!command) return events.on_malformed(v, m.topic, m.payload, t);
    const auto info = events.on_delivered(v, command->id, t);
    events.on_message(v, command->id, true, m.topic, m.payload, t);
    if (tracks_previous_request && info.first_delivery) {
        auto& disruptions = disruptions_of(c);
        disruptions.previous_request = std::exchange(disruptions.last_request, command->id);
    }
    const auto* next_behaviour = info.first_delivery ? std::exchange(c.next_behaviour, nullptr) : nullptr;
    const auto& b = next_behaviour != nullptr ? *next_behaviour : behaviour_of(c);
    if (!info.first_delivery && b.deduplicates) return;
    auto choices = info.arrival ? vehicle::random_stream_of(spec.seed, *info.arrival)
                                : random_stream(spec.seed, stream_id::unsolicited_command, index(v),
                                                counters_of(c).unsolicited_draws);
    auto resolved = vehicle::resolve(b, command->service, choices);
    if (!info.arrival) counters_of(c).unsolicited_draws = static_cast<std::uint32_t>(choices.counter());
    auto execution = std::make_unique<command_execution>(*this, v, std::move(resolved));
    execution->request = std::move(command->id);
    execution->command = std::move(*command);
    execution->slot = executions.size();
    executions.push_back(std::move(execution));
    ++c.active_executions;
    executions.back()->run_due_actions(t);
}

bool simulated_fleet::impl::send_response(command_execution& execution, const vehicle::response_step& w) {
    auto& c = vehicle_of(execution.vehicle);
    if (c.state != session_state::online) return false;
    const auto t = now();
    const auto v = execution.vehicle;
    const auto sequence = ++counters_of(c).responses_sent;
    if (w.is_well_formed() && w.type == vehicle::response_step::kind::ack) events.on_acked(v, execution.request, t);
    if (w.is_well_formed() && w.is_final())
        events.on_finished(v, execution.request,
                           w.type == vehicle::response_step::kind::failed ? outcome::failed : outcome::executed, w.code,
                           t);
    if (c.disruptions && is_response_lost(spec, c.disruptions->lossy, v, sequence)) return true;

    auto context = make_response_context(spec, w, execution, executions, t);
    context.wall_us = wall_us();
    context.seq = sequence;
    if (w.request == vehicle::response_step::correlation::previous && c.disruptions &&
        c.disruptions->last_request == execution.request)
        context.previous_request = c.disruptions->previous_request;
    contract::outgoing_message message;
    if (!encode_response(spec.message_contract, w, context, message)) {
        ++counts.sessions.reasons["response not sent: its payload cannot be made"];
        return true;
    }
    ++published;
    events.on_message(v, execution.request, false, message.topic, message.payload, t);
    send_from_vehicle(c, {.request = execution.request,
                          .topic = std::move(message.topic),
                          .payload = std::move(message.payload),
                          .qos = message.qos.value_or(static_cast<std::uint8_t>(spec.options.mqtt.response_qos))});
    return true;
}

void simulated_fleet::impl::execute(command_execution& execution) {
    events.on_executed(execution.vehicle, execution.request, now());
}

void simulated_fleet::impl::disconnect(command_execution& execution, vehicle::disconnect_kind kind) {
    auto& c = vehicle_of(execution.vehicle);
    if (c.state != session_state::online) return;
    disruptions_of(c).disconnected_by = &execution;
    if (kind != vehicle::disconnect_kind::half_open)
        publish_presence(c, "offline"); // published by the vehicle, or as its will
    end_session(c, std::string(describe(kind)));
}

void simulated_fleet::impl::reconnect(command_execution& execution) {
    auto& c = vehicle_of(execution.vehicle);
    if (c.state != session_state::offline) return;
    c.disruptions->disconnected_by = nullptr;
    c.disruptions->reconnect_timer.disarm();
    try_connect(c);
}

bool simulated_fleet::impl::online(vehicle_id v) const { return state_of(v) == session_state::online; }

/// The second client holds the session until the vehicle reconnects after its usual backoff and takes it back.
void simulated_fleet::impl::take_over(command_execution& execution, nanoseconds) {
    auto& c = vehicle_of(execution.vehicle);
    if (c.state == session_state::online) drop_session(c, "its session was taken over");
}

void simulated_fleet::impl::stall(command_execution& execution, nanoseconds duration) {
    auto& c = vehicle_of(execution.vehicle);
    auto& disruptions = disruptions_of(c);
    disruptions.stalled_until = std::max(disruptions.stalled_until, now() + duration);
}

void simulated_fleet::impl::end_execution(command_execution& execution) {
    auto& c = vehicle_of(execution.vehicle);
    --c.active_executions;
    const bool reconnects = c.disruptions && c.disruptions->disconnected_by == &execution;
    const auto slot = execution.slot;
    if (slot + 1 != executions.size()) {
        std::swap(executions[slot], executions.back());
        executions[slot]->slot = slot;
    }
    executions.pop_back();
    if (reconnects) {
        c.disruptions->disconnected_by = nullptr;
        try_connect(c);
    }
    schedule_sleep(c);
}

void simulated_fleet::impl::stop() {
    condition_timer.disarm();
    executions.clear();
    vehicles.clear();
    idle_candidates.clear();
    stopped = true;
    online_count = 0;
}

void simulated_fleet::impl::on_vehicle_timer(simulated_vehicle_timer::kind what, std::uint32_t slot) {
    auto& c = vehicle_of(id_at(slot));
    switch (what) {
    case simulated_vehicle_timer::kind::deliver: deliver_due(c); break;
    case simulated_vehicle_timer::kind::reconnect: try_connect(c); break;
    case simulated_vehicle_timer::kind::sleep:
        if (c.state == session_state::online && c.active_executions == 0)
            is_link_blocked(c) ? schedule_sleep(c) : fall_asleep(c); // a blocked link cannot publish the presence
        break;
    }
    release_idle();
}

simulated_fleet::simulated_fleet(arm_function arm, const time_source& time, vehicle_events& events,
                                 const fleet_spec& what, uplink_sink& broker, const simulation_options& simulation)
    : impl_(std::make_unique<impl>(std::move(arm), time, events, what, broker, simulation)) {}
simulated_fleet::simulated_fleet(net::timer_wheel& wheel, const time_source& time, vehicle_events& events,
                                 const fleet_spec& what, uplink_sink& broker)
    : simulated_fleet([&wheel](net::timer& t, monotonic_time when) { wheel.arm(t, when); }, time, events, what,
                      broker) {}
simulated_fleet::~simulated_fleet() = default;

void simulated_fleet::begin_load(monotonic_time start) { impl_->begin_load(start); }
void simulated_fleet::deliver(vehicle_id v, std::string_view topic, std::string_view payload, std::uint8_t qos,
                              monotonic_time expires, contract::named_texts headers) {
    if (impl_->stopped) return;
    const auto granted = std::min(qos, static_cast<std::uint8_t>(impl_->spec.options.mqtt.command_qos));
    impl_->deliver(impl_->vehicle_of(v), {.topic = std::string(topic),
                                          .payload = std::string(payload),
                                          .qos = granted,
                                          .expires = expires,
                                          .headers = std::move(headers)});
    impl_->release_idle();
}
void simulated_fleet::wake(vehicle_id v) {
    if (impl_->stopped) return;
    impl_->wake(impl_->vehicle_of(v));
    impl_->release_idle();
}
void simulated_fleet::set_next_behaviour(vehicle_id v, const vehicle::behaviour& b) {
    impl_->tracks_previous_request = impl_->tracks_previous_request || references_previous_request(b.steps);
    impl_->vehicle_of(v).next_behaviour = &b;
}
void simulated_fleet::on_broker_down(std::uint32_t condition, std::uint32_t occurrence,
                                     vehicle::condition::outage_mode kind) {
    impl_->on_broker_down(condition, occurrence, kind);
}
void simulated_fleet::on_broker_up(std::uint32_t condition) { impl_->on_broker_up(condition); }
std::optional<nanoseconds> simulated_fleet::next_condition_event() { return impl_->schedule.next(); }
void simulated_fleet::end_load() { impl_->schedule.cancel_pending(); }
void simulated_fleet::stop() { impl_->stop(); }

std::uint32_t simulated_fleet::size() const noexcept { return impl_->size; }
bool simulated_fleet::available(vehicle_id v) const {
    const auto* c = impl_->find(v);
    return c != nullptr ? c->available : impl_->initial_state(v) != impl::session_state::offline;
}
std::uint32_t simulated_fleet::available() const noexcept { return impl_->available_count; }
std::uint32_t simulated_fleet::expected_online() const noexcept { return impl_->expected_online; }
std::uint32_t simulated_fleet::online() const noexcept { return impl_->online_count; }
std::uint64_t simulated_fleet::published() const noexcept { return impl_->published; }
std::uint64_t simulated_fleet::received() const noexcept { return impl_->received; }
std::size_t simulated_fleet::stored_vehicles() const noexcept { return impl_->vehicles.size(); }
std::vector<std::string> simulated_fleet::take_unmatched_fields() { return impl_->field_matches.take_unmatched(); }
fleet_counts simulated_fleet::take_counts() { return std::exchange(impl_->counts, {}); }

} // namespace loadsim::fleet
