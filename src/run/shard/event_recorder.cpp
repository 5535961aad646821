#include "shard/event_recorder.hpp"

#include "shard/arrival_dispatcher.hpp"
#include "shard/shard_observers.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <utility>

namespace loadsim::run {

void event_recorder::on_completion(std::optional<vehicle_id> v, const observer::completion& c) {
    if (v)
        return ledger_.completion_observed(
            *v, c.request, c.final_outcome, c.reason, c.at, c.observer,
            {.head = c.message.head, .payload = c.message.payload, .payload_bytes = c.message.payload_bytes});
    const auto subject = c.vin.empty() ? std::string("a request that is not of this run")
                                       : fmt::format("vehicle {}, which is not in the fleet", c.vin);
    ledger_.record_anomaly(anomaly::completion_unknown, v, c.request,
                           fmt::format("{} was announced for {}", to_string(c.final_outcome), subject), c.at);
}

fleet::command_info event_recorder::on_delivered(vehicle_id v,
                                                 const contract::message_contract::parsed_command& command,
                                                 monotonic_time t, bool retained) {
    measure::command_content content{.parameters = command.parameters};
    if (!plan_.message_contract->options().command.service.empty()) content.service = command.service;
    const auto delivery = ledger_.delivered(v, command.id, t, content, retained);
    if (delivery.identifies && observers_ != nullptr) observers_->on_identified(v, command.id);
    return {.first_delivery = delivery.is_first,
            .arrival = delivery.arrival,
            .service = plan_.service_of_command(command.service, delivery.arrival)};
}
void event_recorder::on_acked(vehicle_id v, std::string_view request, monotonic_time t) {
    ledger_.acked(v, request, t);
}
void event_recorder::on_finished(vehicle_id v, std::string_view request, outcome end, std::string_view code,
                                 monotonic_time t) {
    ledger_.finished(v, request, t);
    if (observers_ != nullptr) observers_->on_finished(v, request, end, code, t);
}
void event_recorder::on_expected(vehicle_id v, std::string_view request, outcome_set outcomes) {
    ledger_.expect(v, request, outcomes);
}
void event_recorder::on_executed(vehicle_id v, std::string_view request, monotonic_time t) {
    ledger_.executed(v, request, t);
}
void event_recorder::on_execution_begin(vehicle_id v) { ledger_.execution_began(v); }
void event_recorder::on_execution_end(vehicle_id v) { ledger_.execution_ended(v); }
void event_recorder::on_malformed(vehicle_id v, std::string_view topic, std::string_view payload, monotonic_time t) {
    if (plan_.trace)
        plan_.trace(
            {.kind = traced_message::direction::to_vehicle, .head = std::string(topic), .body = std::string(payload)});
    ledger_.record_anomaly(anomaly::malformed_payload, v, {},
                           fmt::format("not a command: {} bytes on {}", payload.size(), topic), t);
}
void event_recorder::on_message(vehicle_id v, std::string_view request, bool to_vehicle, std::string_view topic,
                                std::string_view payload, monotonic_time t) {
    if (plan_.trace)
        plan_.trace(
            {.kind = to_vehicle ? traced_message::direction::to_vehicle : traced_message::direction::from_vehicle,
             .head = std::string(topic),
             .body = std::string(payload)});
    ledger_.message(v, request, to_vehicle, topic, payload, t);
}
void event_recorder::on_campaign(vehicle_id v, std::uint32_t campaign, monotonic_time t) {
    if (campaign_ledger_ != nullptr) campaign_ledger_->delivered(campaign, v, t);
}
void event_recorder::on_unreachable(vehicle_id v) {
    ledger_.vehicle_unreachable(v);
    if (campaign_ledger_ != nullptr) campaign_ledger_->vehicle_unreachable(v);
}
void event_recorder::on_reachable(vehicle_id v) {
    ledger_.vehicle_reachable(v);
    if (campaign_ledger_ != nullptr) campaign_ledger_->vehicle_reachable(v);
}
void event_recorder::on_availability_changed(vehicle_id v) {
    if (dispatcher_ != nullptr) dispatcher_->update(v);
}
void event_recorder::on_session_event(vehicle_id v, std::string&& what, monotonic_time t) {
    if (plan_.trace) plan_.trace({.kind = traced_message::direction::session_event, .head = what, .body = {}});
    ledger_.session_event(v, std::move(what), t);
}
void event_recorder::on_unauthorized_accept(vehicle_id v, monotonic_time t) {
    ledger_.record_anomaly(anomaly::unauthorized_accepted, v, {}, "it has a session that had to be refused", t);
}
void event_recorder::on_condition_begin(vehicle_id v, std::uint32_t condition, monotonic_time) {
    const auto& what = plan_.scenario.conditions[condition];
    ledger_.condition_began(v, condition, what.expected, what.expected_anomalies);
}
void event_recorder::on_condition_end(vehicle_id v, std::uint32_t condition, monotonic_time) {
    ledger_.condition_ended(v, condition);
}

bool event_recorder::still_wanted(request_key key) const { return ledger_.is_open(key); }
void event_recorder::on_requested(request_key key, std::string_view request, const measure::command_content& content) {
    ledger_.requested(key, request, content);
}
void event_recorder::on_api_request(request_key key, std::string_view head, std::string_view body,
                                    std::string_view traceparent) {
    ledger_.api_request(key, head, body, traceparent);
}
void event_recorder::on_sent(request_key key, monotonic_time t) { ledger_.sent(key, t); }
void event_recorder::on_api_response(request_key key, std::string_view status, std::string_view body,
                                     monotonic_time t) {
    ledger_.api_response(key, status, body, t);
}
void event_recorder::on_accepted(request_key key, std::string_view request, monotonic_time t) {
    const auto id = ledger_.accepted(key, request, t);
    if (observers_ == nullptr) return;
    observers_->on_accepted(key.vehicle, key.arrival, id, plan_.services.service_of(key.arrival), t);
}
void event_recorder::on_rejected(request_key key, std::string_view why, monotonic_time t) {
    ledger_.rejected(key, why, t);
}
void event_recorder::on_errored(request_key key, std::string_view why, monotonic_time t) {
    ledger_.errored(key, why, t);
}
void event_recorder::on_completed(vehicle_id v, std::string_view request, outcome end, std::string_view reason,
                                  monotonic_time t) {
    ledger_.completion_observed(v, request, end, reason, t);
}
void event_recorder::on_malformed() {
    ledger_.record_anomaly(anomaly::malformed_payload, std::nullopt, {}, "a response that cannot be parsed",
                           time_.now());
}

} // namespace loadsim::run
