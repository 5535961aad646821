// Commands of vehicles: executions and responses.
#include "fleet_core.hpp"
#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <utility>

namespace loadsim::fleet {

command_execution* fleet_core::accept_command(vehicle_state& c, const contract::message_view& message,
                                              std::string_view response_topic, monotonic_time t) {
    const auto v = c.id;
    auto* const stats = commands_checked_ < contract::field_match_stats::sample_size ? &field_matches_ : nullptr;
    if (stats != nullptr) ++commands_checked_;
    auto command = spec_.message_contract.parse_command(message, stats);
    if (!command) {
        events_.on_malformed(v, message.topic, message.payload, t);
        return nullptr;
    }
    const auto info = events_.on_delivered(v, command->id, t);
    events_.on_message(v, command->id, true, message.topic, message.payload, t);
    const vehicle::behaviour* b = &behaviour_of(v);
    if (info.first_delivery) {
        if (tracks_previous_request_) {
            auto& disruptions = disruptions_of(c);
            disruptions.previous_request = std::exchange(disruptions.last_request, command->id);
        }
        if (c.disruptions && c.disruptions->next_behaviour != nullptr)
            b = std::exchange(c.disruptions->next_behaviour, nullptr);
    } else if (b->deduplicates) {
        return nullptr;
    }
    auto choices = info.arrival
                       ? vehicle::random_stream_of(spec_.seed, *info.arrival)
                       : random_stream(spec_.seed, stream_id::unsolicited_command, index(v), draws_of(c).unsolicited);
    behaviour_host& host = *this;
    auto execution = std::make_unique<command_execution>(host, v, vehicle::resolve(*b, command->service, choices));
    if (!info.arrival) draws_of(c).unsolicited = static_cast<std::uint32_t>(choices.counter());
    execution->request = std::move(command->id);
    execution->command = std::move(*command);
    execution->response_topic = response_topic;
    execution->correlation = message.correlation;
    execution->slot = executions_.size();
    executions_.push_back(std::move(execution));
    ++c.active_executions;
    return executions_.back().get();
}

bool fleet_core::send_response(command_execution& execution, const vehicle::response_step& w) {
    auto& c = vehicle_of(execution.vehicle);
    if (!connected(c)) return false;
    const auto t = now(); // before the bytes are sent, so that no receiver can report an earlier time
    const auto v = execution.vehicle;
    auto& sent = responses_sent(c);
    const auto sequence = sent + 1;
    auto context = make_response_context(spec_, w, execution, executions_, t);
    context.wall_us = wall_us();
    context.seq = sequence;
    if (w.request == vehicle::response_step::correlation::previous && c.disruptions &&
        c.disruptions->last_request == execution.request)
        context.previous_request = c.disruptions->previous_request;
    if (!encode_response(spec_.message_contract, w, context, message_)) {
        ++counts_.sessions.reasons["response not sent: its payload cannot be made"];
        return true;
    }
    if (!c.disruptions || !is_response_lost(spec_, c.disruptions->lossy, v, sequence)) {
        const auto error = publish(c, execution.request, message_, spec_.options.mqtt.response_qos);
        if (error == mqtt::errc::queue_full) return false;
        if (error) {
            ++counts_.sessions.reasons["response not sent: " + error.message()];
            return true;
        }
        events_.on_message(v, execution.request, false, message_.topic, message_.payload, t);
    }
    sent = sequence;
    if (w.is_well_formed() && w.type == vehicle::response_step::kind::ack) events_.on_acked(v, execution.request, t);
    if (w.is_well_formed() && w.is_final()) {
        const bool done = w.type == vehicle::response_step::kind::executed;
        events_.on_finished(v, execution.request, done ? outcome::executed : outcome::failed, w.code, t);
    }
    return true;
}

void fleet_core::execute(command_execution& execution) {
    events_.on_executed(execution.vehicle, execution.request, now());
}

void fleet_core::disconnect(command_execution& execution, vehicle::disconnect_kind kind) {
    auto& c = vehicle_of(execution.vehicle);
    if (!connected(c)) return;
    disruptions_of(c).disconnected_by = &execution;
    if (kind == vehicle::disconnect_kind::clean) publish_presence(c, "offline");
    close_link(c, kind);
    end_session(c, describe(kind));
}

void fleet_core::reconnect(command_execution& execution) {
    auto& c = vehicle_of(execution.vehicle);
    if (connected(c)) return;
    disruptions_of(c).disconnected_by = nullptr;
    cancel_wait(c);
    try_connect(c);
}

void fleet_core::end_execution(command_execution& execution) {
    auto& c = vehicle_of(execution.vehicle);
    --c.active_executions;
    const bool reconnects = c.disruptions && c.disruptions->disconnected_by == &execution;
    const auto slot = execution.slot;
    if (slot + 1 != executions_.size()) {
        std::swap(executions_[slot], executions_.back());
        executions_[slot]->slot = slot;
    }
    executions_.pop_back();
    if (reconnects) {
        c.disruptions->disconnected_by = nullptr;
        try_connect(c);
    }
    schedule_sleep(c);
}

} // namespace loadsim::fleet
