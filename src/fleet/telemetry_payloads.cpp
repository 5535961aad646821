// Payloads of telemetry that external programs make.
#include "external_program/question.hpp"
#include "telemetry_publisher.hpp"

#include <loadsim/fleet/external_programs.hpp>

#include <optional>
#include <string>
#include <utility>

namespace loadsim::fleet {
namespace {

constexpr const char* no_payload = "its external program gave no payload";

/// Null: no external program makes the payload.
const program_options* program_of(const telemetry::telemetry_options& options, std::uint32_t group) {
    const auto groups = options.groups.size();
    const auto& message = group < groups ? options.groups[group].message : options.alarms[group - groups].message;
    return message.payload.program ? &*message.payload.program : nullptr;
}

} // namespace

/// After telemetry_composer::compose() has failed: a program makes the payload, or it cannot be rendered.
void telemetry_publisher::publish_without_payload(const due_telemetry& due) {
    if (const auto* program = program_of(spec_.options.telemetry, due.group)) return ask_payload(due, *program);
    record_lag(due);
    not_made(due.group, message_.problem);
}

void telemetry_publisher::ask_payload(const due_telemetry& due, const program_options& program) {
    if (spec_.programs == nullptr) {
        record_lag(due);
        return not_made(due.group, no_payload);
    }
    awaited_.add(due, message_);
    spec_.programs->ask(program, composer_.question(message_.topic, link_.wall_us()),
                        [this, due](const boost::json::object* answer) { return take_payload(due, answer); });
}

std::string telemetry_publisher::take_payload(const due_telemetry& due, const boost::json::object* answer) {
    if (finished_) return {};
    std::optional<std::string> payload;
    if (answer != nullptr) {
        auto read = read_payload_answer(*answer);
        if (!read) return read.error().list.front().text;
        payload = std::move(*read);
    }
    awaited_.settle(due, std::move(payload));
    publish_settled(awaited_payloads::queue_of(due));
    return {};
}

void telemetry_publisher::publish_settled(std::uint64_t queue) {
    while (auto first = awaited_.take(queue)) {
        record_lag(first->due);
        if (first->payload == awaited_payload::state::failed) {
            not_made(first->due.group, no_payload);
            continue;
        }
        const bool can_send = link_.can_send(first->due.vehicle);
        if (!can_send && !store_) {
            not_sent(first->due.group, "the link is down, and the fleet has no store");
            continue;
        }
        message_ = std::move(first->message);
        publish_composed(first->due, can_send);
    }
}

void telemetry_publisher::drop_awaited_payloads() {
    for (const auto group : awaited_.take_groups()) not_sent(group, "the run ended before its payload was there");
}

} // namespace loadsim::fleet
