#include "witness.hpp"

#include <fmt/format.h>

#include <utility>

namespace loadsim::run {

fleet::order witness::on_delivered(vehicle_id v, std::string_view request, monotonic_time t) {
    const auto known = ledger_.delivered(v, request, t);
    return {known.fresh, known.arrival};
}
void witness::on_acked(vehicle_id v, std::string_view request, monotonic_time t) { ledger_.acked(v, request, t); }
void witness::on_finished(vehicle_id v, std::string_view request, outcome end, std::string_view code,
                          monotonic_time t) {
    ledger_.finished(v, request, t);
    if (lookouts_ != nullptr) lookouts_->finished(v, request, end, code, t);
}
void witness::on_executed(vehicle_id v, std::string_view request, monotonic_time t) { ledger_.executed(v, request, t); }
void witness::on_malformed(vehicle_id v, std::string_view topic, std::string_view payload, monotonic_time t) {
    if (plan_.trace)
        plan_.trace({.what = utterance::way::to_vehicle, .head = std::string(topic), .body = std::string(payload)});
    ledger_.note(anomaly::malformed_payload, v, {}, fmt::format("no command, {} bytes on {}", payload.size(), topic),
                 t);
}
void witness::on_message(vehicle_id v, std::string_view request, bool to_vehicle, std::string_view topic,
                         std::string_view payload, monotonic_time t) {
    if (plan_.trace)
        plan_.trace({.what = to_vehicle ? utterance::way::to_vehicle : utterance::way::from_vehicle,
                     .head = std::string(topic),
                     .body = std::string(payload)});
    ledger_.message(v, request, to_vehicle, topic, payload, t);
}
void witness::on_campaign(vehicle_id v, std::uint32_t campaign, monotonic_time t) {
    if (campaigns_ != nullptr) campaigns_->delivered(campaign, v, t);
}
void witness::on_away(vehicle_id v) {
    ledger_.away(v);
    if (campaigns_ != nullptr) campaigns_->away(v);
}
void witness::on_back(vehicle_id v) {
    ledger_.back(v);
    if (campaigns_ != nullptr) campaigns_->back(v);
}
void witness::on_session(vehicle_id v, std::string what, monotonic_time t) {
    if (plan_.trace) plan_.trace({.what = utterance::way::of_session, .head = what, .body = {}});
    ledger_.session(v, std::move(what), t);
}
void witness::on_let_in(vehicle_id v, monotonic_time t) {
    ledger_.note(anomaly::let_in, v, {}, "the broker gave it a session in spite of its credentials", t);
}
void witness::on_struck(vehicle_id v, std::uint32_t condition, monotonic_time) {
    const auto& what = plan_.scenario.conditions[condition];
    ledger_.touched(v, condition, what.expected, what.provokes);
}
void witness::on_passed(vehicle_id v, std::uint32_t condition, monotonic_time) { ledger_.passed(v, condition); }

bool witness::still_wanted(request_key key) const { return ledger_.open(key); }
void witness::on_sent(request_key key, monotonic_time t) { ledger_.sent(key, t); }
void witness::on_accepted(request_key key, std::string_view request, monotonic_time t) {
    ledger_.accepted(key, request, t);
    if (lookouts_ == nullptr) return;
    const auto& service = plan_.names.services[plan_.services.service_of(key.arrival)];
    lookouts_->accepted(key.vehicle, key.arrival, request, service, t);
}
void witness::on_rejected(request_key key, std::string_view why, monotonic_time t) { ledger_.rejected(key, why, t); }
void witness::on_errored(request_key key, std::string_view why, monotonic_time t) { ledger_.errored(key, why, t); }
void witness::on_ended(vehicle_id v, std::string_view request, outcome end, std::string_view reason, monotonic_time t) {
    ledger_.ended(v, request, end, reason, t);
}
void witness::on_malformed() {
    ledger_.note(anomaly::malformed_payload, std::nullopt, {}, "an answer that is none", time_.now());
}

} // namespace loadsim::run
