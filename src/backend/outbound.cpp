#include "outbound.hpp"

#include "lifecycle.hpp"

#include <loadsim/backend/default_protocol.hpp>

#include <utility>

namespace loadsim::backend {
namespace {

/// The command is sent and delivered regardless of the request's state, as the fault requires.
outbox_message unconditional(outbox_message command) {
    command.request.reset();
    command.expires = never;
    return command;
}

} // namespace

outbound::outbound(processing& p, request_table& requests, outbox& out, const options& o, const epoch_clock& c,
                   fault_plans& faults, const time_source& time)
    : processing_(p), requests_(requests), out_(out), options_(o), clock_(c), faults_(faults),
      commands_(faults, fault::message::command, time,
                {.forward = [this](outbox_message m) { out_.add(std::move(m)); },
                 .late = [this](outbox_message m) { out_.add(unconditional(std::move(m))); },
                 .duplicate = [this](outbox_message m) { out_.add(unconditional(std::move(m))); }}),
      queue_(p.changes().subscribe([](const state_change& change) { return change.state == state::created; })) {}

void outbound::process_queue() {
    while (const auto created = queue_.pop()) {
        auto* r = requests_.find(created->number);
        // Changing the state first turns a change delivered twice into one command.
        if (r == nullptr || !processing_.transition(*r, state::pending)) continue;
        const auto* hit = faults_.next(fault::message::request);
        const bool forget = hit != nullptr && hit->what == fault::kind::forget;
        const bool twice = hit != nullptr && hit->what == fault::kind::double_send;
        commands_.submit(r->vin.view(), forget ? unconditional(build_command(*r)) : build_command(*r));
        if (twice) out_.add(build_second_command(*r));
        if (forget || twice) faults_.record(*hit);
        if (forget) requests_.drop_active(r->number);
    }
}

outbox_message outbound::build_command(const request& r) const {
    const auto& service = options_.services[r.service];
    const auto now = r.entered_at(state::pending);
    const command command{.id = requests_.id(r.number), .service = service.name, .ts_ms = clock_.ms_since_epoch(now)};
    return {.topic = command_topic(r.vin.view(), service.name),
            .payload = to_json(command),
            .request = r.number,
            .qos = options_.command_qos,
            .expires = deadline_of(service.limits, state::pending, now)};
}

/// Command with an id that matches no request.
outbox_message outbound::build_second_command(const request& r) const {
    auto message = unconditional(build_command(r));
    message.payload = to_json(command{.id = requests_.id(r.number) + "-second",
                                      .service = options_.services[r.service].name,
                                      .ts_ms = clock_.ms_since_epoch(r.entered_at(state::pending))});
    return message;
}

} // namespace loadsim::backend
