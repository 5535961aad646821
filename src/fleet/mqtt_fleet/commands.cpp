// Command handling and responses of MQTT vehicles.
#include "mqtt_fleet/mqtt_fleet_impl.hpp"

#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/mqtt/packet.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::fleet {
namespace {

bool disconnects(const vehicle::resolved_behaviour& s) {
    return std::ranges::any_of(
        s.steps, [](const vehicle::resolved_step& a) { return a.type == vehicle::step::kind::disconnect; });
}

/// The result refers to `m`, which must outlive it.
contract::message_view message_view_of(const mqtt::message& m) {
    contract::message_view message{.topic = m.topic, .payload = m.payload, .correlation = m.correlation_data};
    if (!m.raw_properties.empty())
        message.property = [&m](std::string_view name) { return mqtt::user_property(m, name); };
    return message;
}

} // namespace

bool mqtt_fleet::impl::handle_campaign_message(const mqtt_vehicle& c, const contract::message_view& view) {
    const auto& campaign_indices = campaigns_by_segment[spec.segments.segment_of(id_of(c))];
    if (campaign_indices.empty()) return false;
    const auto vin = vin_of(c);
    auto info = template_values_of(spec, id_of(c));
    info.vin = vin;
    bool matched = false;
    for (const auto i : campaign_indices) {
        if (!mqtt::matches(campaigns[i].filter(info), view.topic) || !campaigns[i].matches(view)) continue;
        events.on_campaign(id_of(c), i, now());
        matched = true;
    }
    return matched;
}

void mqtt_fleet::impl::on_message(net::mqtt_link& link, const mqtt::message& m) {
    if (stopped) return;
    mqtt_vehicle& c = vehicle_of(vehicle_id{link.tag()});
    const auto v = id_of(c);
    const auto t = now();
    const auto view = message_view_of(m);
    if (handle_campaign_message(c, view)) return;
    auto* const stats = commands_checked < contract::field_match_stats::sample_size ? &field_matches : nullptr;
    if (stats != nullptr) ++commands_checked;
    auto command = spec.message_contract.parse_command(view, stats);
    if (!command) return events.on_malformed(v, m.topic, m.payload, t);
    const auto info = events.on_delivered(v, command->id, t);
    events.on_message(v, command->id, true, m.topic, m.payload, t);
    if (tracks_previous_request && info.first_delivery) {
        auto& u = disruptions_of(c);
        u.previous_request = std::exchange(u.last_request, command->id);
    }
    const auto& b = behaviour_of(c);
    if (!info.first_delivery && b.deduplicates) return;
    auto choices = info.arrival ? vehicle::random_stream_of(spec.seed, *info.arrival)
                                : random_stream(spec.seed, stream_id::unsolicited_command, index(v),
                                                disruptions_of(c).unsolicited_draws);
    auto resolved = vehicle::resolve(b, command->service, choices);
    if (!info.arrival) disruptions_of(c).unsolicited_draws = choices.counter();
    const bool ends_the_session = disconnects(resolved);
    auto execution = std::make_unique<command_execution>(*this, v, std::move(resolved));
    execution->request = std::move(command->id);
    execution->command = std::move(*command);
    execution->response_topic = m.response_topic;
    execution->correlation = m.correlation_data;
    execution->slot = executions.size();
    executions.push_back(std::move(execution));
    if (b.asleep) ++disruptions_of(c).active_executions;
    // The session must not be closed from within its own message callback; defer to the timer.
    if (ends_the_session)
        arm(*executions.back(), t);
    else
        executions.back()->run_due_actions(t);
}

bool mqtt_fleet::impl::send_response(command_execution& execution, const vehicle::response_step& w) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    if (!c.link.online()) return false;
    const auto t = now(); // before the bytes are sent, so that no receiver can report an earlier time
    const auto v = execution.vehicle;
    const auto sequence = c.responses_sent + 1;
    auto context = make_response_context(spec, w, execution, executions, t);
    context.wall_us = system_time_us();
    context.seq = sequence;
    if (w.request == vehicle::response_step::correlation::previous && c.disruptions &&
        c.disruptions->last_request == execution.request)
        context.previous_request = c.disruptions->previous_request;
    if (!encode_response(spec.message_contract, w, context, message)) {
        ++counts.sessions.reasons["response not sent: its payload cannot be made"];
        return true;
    }
    const bool lost = c.disruptions && is_response_lost(spec, c.disruptions->lossy, v, sequence);
    if (!lost) {
        const auto sent = publish(c, message, spec.options.mqtt.response_qos);
        if (sent.error == mqtt::errc::queue_full) return false;
        if (sent.error) {
            ++counts.sessions.reasons["response not sent: " + sent.error.message()];
            return true;
        }
        events.on_message(v, execution.request, false, message.topic, message.payload, t);
    }
    c.responses_sent = sequence;
    if (w.is_well_formed() && w.type == vehicle::response_step::kind::ack) events.on_acked(v, execution.request, t);
    if (w.is_well_formed() && w.is_final()) {
        const bool done = w.type == vehicle::response_step::kind::executed;
        events.on_finished(v, execution.request, done ? outcome::executed : outcome::failed, w.code, t);
    }
    return true;
}

/// At the message's own QoS, else `default_qos`.
mqtt::session::published mqtt_fleet::impl::publish(mqtt_vehicle& c, const contract::outgoing_message& m,
                                                   mqtt::qos default_qos) {
    return c.link.publish({.topic = m.topic,
                           .payload = m.payload,
                           .quality = m.qos ? static_cast<mqtt::qos>(*m.qos) : default_qos,
                           .retain = m.retain,
                           .response_topic = m.response_topic,
                           .correlation_data = m.correlation,
                           .content_type = m.content_type,
                           .expiry_interval = m.expiry_s,
                           .user_properties = m.user_properties});
}

void mqtt_fleet::impl::on_published(net::mqtt_link&, std::uint16_t, mqtt::reason why) {
    if (static_cast<std::uint8_t>(why) >= 0x80) ++counts.sessions.reasons["message not accepted: " + to_string(why)];
}

void mqtt_fleet::impl::on_downgraded(net::mqtt_link&) {
    ++counts.sessions.reasons["the broker answered QoS 2 with PUBACK"];
}

void mqtt_fleet::impl::execute(command_execution& execution) {
    events.on_executed(execution.vehicle, execution.request, now());
}

void mqtt_fleet::impl::disconnect(command_execution& execution, vehicle::disconnect_kind kind) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    if (!c.link.online()) return;
    disruptions_of(c).disconnected_by = &execution;
    switch (kind) {
    case vehicle::disconnect_kind::clean:
        if (publishes_presence(c)) publish_presence(c, "offline");
        c.link.close();
        break;
    case vehicle::disconnect_kind::abrupt: c.link.reset(); break;
    case vehicle::disconnect_kind::half_open: c.link.abandon(); break;
    }
    end_session(c, std::string(describe(kind)));
}

void mqtt_fleet::impl::reconnect(command_execution& execution) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    if (c.link.online()) return;
    disruptions_of(c).disconnected_by = nullptr;
    if (c.connect_in_flight) return; // already connecting
    c.link.close();                  // cancels a pending wait
    try_connect(c);
}

/// A second client connects with the same client id and a session of its own; the broker disconnects the vehicle.
void mqtt_fleet::impl::take_over(command_execution& execution, nanoseconds duration) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    auto& u = disruptions_of(c);
    if (!u.second_client) {
        identify(c.link);
        u.second_client = std::make_unique<takeover_client>(loop, takeover_session_options, identity.shown);
    }
    report_session_event(c, "a second client connects with its client id");
    u.second_client->connect(broker_of(c).endpoint, now() + duration);
}

void mqtt_fleet::impl::stall(command_execution& execution, nanoseconds duration) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    c.link.pause_reading();
    report_session_event(c, "it stops reading");
    loop.arm(disruptions_of(c).resume_reading_timer, now() + duration);
}

void mqtt_fleet::impl::end_execution(command_execution& execution) {
    mqtt_vehicle& c = vehicle_of(execution.vehicle);
    const bool reconnects = c.disruptions && c.disruptions->disconnected_by == &execution;
    const auto slot = execution.slot;
    if (slot + 1 != executions.size()) {
        std::swap(executions[slot], executions.back());
        executions[slot]->slot = slot;
    }
    executions.pop_back();
    if (behaviour_of(c).asleep && c.disruptions && c.disruptions->active_executions > 0)
        --c.disruptions->active_executions;
    if (reconnects) {
        c.disruptions->disconnected_by = nullptr;
        try_connect(c);
    }
    schedule_sleep(c);
}

} // namespace loadsim::fleet
