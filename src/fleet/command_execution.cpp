// Execution of commands step by step; and the members of fleet_core (fleet_core.hpp) for it: acceptance, responses, disconnects.
#include "command_execution.hpp"

#include "external_program/question.hpp"
#include "fleet_core.hpp"
#include "response_encoder.hpp"
#include "vehicle_rules.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/external_programs.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Retry interval for a response that cannot be sent now (no network, full queue).
constexpr nanoseconds retry_interval = std::chrono::milliseconds{100};
/// Poll interval while reconnecting; short, because the following steps are measured.
constexpr nanoseconds session_poll_interval = std::chrono::milliseconds{5};

bool has_step(const vehicle::resolved_behaviour& b, vehicle::step::kind what) {
    return std::ranges::any_of(b.steps, [what](const auto& step) { return step.type == what; });
}

} // namespace

/// True: the behaviour has no execute step; the execution is implied by the first executed response.
bool command_execution::executes_implicitly() const {
    return !executed_ && !has_step(behaviour_, vehicle::step::kind::execute);
}

bool command_execution::disconnects() const { return has_step(behaviour_, vehicle::step::kind::disconnect); }

void command_execution::run_due_actions(monotonic_time now) {
    using kind = vehicle::step::kind;
    while (next_action_ < behaviour_.steps.size()) {
        const auto& a = behaviour_.steps[next_action_];
        switch (a.type) {
        case kind::wait: ++next_action_; return host_.arm(*this, now + a.duration);
        case kind::respond:
            if (a.response->type == vehicle::response_step::kind::executed && executes_implicitly()) {
                executed_ = true;
                host_.execute(*this);
            }
            if (!host_.send_response(*this, *a.response)) return host_.arm(*this, now + retry_interval);
            break;
        case kind::execute: host_.execute(*this); break;
        case kind::disconnect: host_.disconnect(*this, a.disconnect); break;
        case kind::reconnect:
            if (!std::exchange(reconnecting_, true)) host_.reconnect(*this);
            if (!host_.online(vehicle)) return host_.arm(*this, now + session_poll_interval);
            reconnecting_ = false;
            break;
        case kind::takeover: host_.take_over(*this, a.duration); break;
        case kind::stall: host_.stall(*this, a.duration); break;
        case kind::drop: return host_.end_execution(*this);
        case kind::ask: return host_.ask_program(*this);
        case kind::choose: break; // resolved beforehand by resolve()
        }
        ++next_action_;
    }
    host_.end_execution(*this);
}

outcome_set command_execution::take_answer(vehicle::behaviour answer) {
    answer_ = std::make_unique<const vehicle::behaviour>(std::move(answer));
    behaviour_ = vehicle::resolve(*answer_, {}, random_);
    next_action_ = 0;
    return behaviour_.expected;
}

command_execution* fleet_core::accept_command(vehicle_state& vehicle, const contract::message_view& message,
                                              std::string_view response_topic, monotonic_time t) {
    const auto v = vehicle.id;
    auto* const stats = commands_checked_ < contract::field_match_stats::sample_size ? &field_matches_ : nullptr;
    if (stats != nullptr) ++commands_checked_;
    auto command = spec_.message_contract.parse_command(message, stats);
    if (!command) {
        events_.on_malformed(v, message.topic, message.payload, t);
        return nullptr;
    }
    const auto info = events_.on_delivered(v, *command, t, message.retained);
    events_.on_message(v, command->id, true, message.topic, message.payload, t);
    const vehicle::behaviour* b = &behaviour_of(v);
    if (info.first_delivery) {
        if (tracks_previous_request_) {
            auto& disruptions = disruptions_of(vehicle);
            disruptions.previous_request = std::exchange(disruptions.last_request, command->id);
        }
        if (vehicle.disruptions && vehicle.disruptions->next_behaviour != nullptr)
            b = std::exchange(vehicle.disruptions->next_behaviour, nullptr);
    } else if (b->deduplicates) {
        return nullptr;
    }
    auto choices = info.arrival ? vehicle::random_stream_of(spec_.seed, *info.arrival)
                                : random_stream(spec_.seed, stream_id::unsolicited_command, index(v),
                                                draws_of(vehicle).unsolicited);
    behaviour_host& host = *this;
    const auto service = info.service.empty() ? std::string_view(command->service) : info.service;
    auto resolved = vehicle::resolve(*b, service, choices);
    auto execution = std::make_unique<command_execution>(host, v, std::move(resolved), choices);
    if (!info.arrival) draws_of(vehicle).unsolicited = static_cast<std::uint32_t>(choices.counter());
    execution->request = std::move(command->id);
    execution->command = std::move(*command);
    execution->response_topic = response_topic;
    execution->correlation = message.correlation;
    execution->slot = executions_.size();
    executions_.push_back(std::move(execution));
    if (++vehicle.active_executions == 1) events_.on_execution_begin(v);
    return executions_.back().get();
}

bool fleet_core::send_response(command_execution& execution, const vehicle::response_step& response) {
    if (!spec_.message_contract.has(kind_of(response.type))) return true;
    auto& vehicle = vehicle_of(execution.vehicle);
    if (!connected(vehicle)) return false;
    const auto t = now(); // before the bytes are sent, so that no receiver can report an earlier time
    const auto v = execution.vehicle;
    auto& sent = responses_sent(vehicle);
    const auto sequence = sent + 1;
    auto context = make_response_context(spec_, response, execution, executions_, t);
    context.wall_us = wall_us();
    context.seq = sequence;
    if (response.request == vehicle::response_step::correlation::previous && vehicle.disruptions &&
        vehicle.disruptions->last_request == execution.request)
        context.previous_request = vehicle.disruptions->previous_request;
    if (!encode_response(spec_.message_contract, response, context, message_)) {
        ++counts_.sessions.reasons["response not sent: " + message_.problem];
        return true;
    }
    if (!vehicle.disruptions || !is_response_lost(spec_, vehicle.disruptions->lossy, v, sequence)) {
        const auto error = publish(vehicle, execution.request, message_, spec_.options.mqtt.response_qos);
        if (error == mqtt::errc::queue_full) return false;
        if (error) {
            ++counts_.sessions.reasons["response not sent: " + error.message()];
            return true;
        }
        events_.on_message(v, execution.request, false, message_.topic, message_.payload, t);
    }
    sent = sequence;
    if (response.is_well_formed() && response.type == vehicle::response_step::kind::ack)
        events_.on_acked(v, execution.request, t);
    if (response.is_well_formed() && response.is_final()) {
        const bool done = response.type == vehicle::response_step::kind::executed;
        events_.on_finished(v, execution.request, done ? outcome::executed : outcome::failed, response.code, t);
    }
    return true;
}

void fleet_core::execute(command_execution& execution) {
    events_.on_executed(execution.vehicle, execution.request, now());
}

void fleet_core::disconnect(command_execution& execution, vehicle::disconnect_kind kind) {
    auto& vehicle = vehicle_of(execution.vehicle);
    if (!connected(vehicle)) return;
    disruptions_of(vehicle).disconnected_by = &execution;
    if (kind == vehicle::disconnect_kind::clean) publish_presence(vehicle, "offline");
    close_link(vehicle, kind);
    end_session(vehicle, describe(kind));
}

void fleet_core::reconnect(command_execution& execution) {
    auto& vehicle = vehicle_of(execution.vehicle);
    if (connected(vehicle)) return;
    disruptions_of(vehicle).disconnected_by = nullptr;
    count_states(vehicle);
    cancel_wait(vehicle);
    try_connect(vehicle);
}

void fleet_core::ask_program(command_execution& execution) {
    const auto v = execution.vehicle;
    const auto& b = execution.source();
    const auto clock_us = wall_us() + std::chrono::duration_cast<std::chrono::microseconds>(b.clock_offset).count();
    const auto use = [this, &execution](vehicle::behaviour&& answer) {
        const auto& asked = execution.source();
        const bool follows_answer = asked.expected == vehicle::expected_of(asked); // no `expect` in the scenario
        const auto expected = execution.take_answer(std::move(answer));
        if (follows_answer) events_.on_expected(execution.vehicle, execution.request, expected);
        execution.run_due_actions(now());
    };
    vehicle::behaviour no_answer; // the vehicle says nothing
    no_answer.expected = outcome::timed_out;
    if (spec_.programs == nullptr) return use(std::move(no_answer));
    spec_.programs->ask(*b.program, command_question(spec_, v, execution.request, execution.command, clock_us),
                        [this, use, no_answer](const boost::json::object* answer) -> std::string {
                            if (stopped_) return {};
                            if (answer == nullptr) {
                                use(vehicle::behaviour(no_answer));
                                return {};
                            }
                            auto read = spec_.read_answer(*answer);
                            if (!read) return read.error().list.front().text;
                            use(std::move(*read));
                            return {};
                        });
}

void fleet_core::end_execution(command_execution& execution) {
    auto& vehicle = vehicle_of(execution.vehicle);
    if (--vehicle.active_executions == 0) events_.on_execution_end(vehicle.id);
    const bool reconnects = vehicle.disruptions && vehicle.disruptions->disconnected_by == &execution;
    const auto slot = execution.slot;
    if (slot + 1 != executions_.size()) {
        std::swap(executions_[slot], executions_.back());
        executions_[slot]->slot = slot;
    }
    executions_.pop_back();
    if (reconnects) {
        vehicle.disruptions->disconnected_by = nullptr;
        count_states(vehicle);
        try_connect(vehicle);
    }
    schedule_sleep(vehicle);
}

} // namespace loadsim::fleet
