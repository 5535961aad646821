#include "outbound.hpp"

#include "lifecycle.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <utility>

namespace loadsim::backend {
namespace {

/// It goes out and is delivered, whatever has become of its request: such is the fault.
outgoing regardless(outgoing command) {
    command.command_of.reset();
    command.expires = never;
    return command;
}

} // namespace

outbound::outbound(processing& p, request_table& requests, outbox& out, const options& o, const calendar& c,
                   fault_plan& faults, const time_source& time)
    : processing_(p), requests_(requests), out_(out), options_(o), calendar_(c), faults_(faults),
      commands_(faults, fault::message::command, time,
                {.on = [this](outgoing m) { out_.add(std::move(m)); },
                 .astray = [this](outgoing m) { out_.add(regardless(std::move(m))); },
                 .again = [this](outgoing m) { out_.add(regardless(std::move(m))); }}),
      queue_(p.changes().subscribe([](const change& seen) { return seen.state == state::created; })) {}

void outbound::work() {
    while (const auto created = queue_.take()) {
        auto* r = requests_.find(created->number);
        // Moving first makes a message that the queue delivers twice one command.
        if (r == nullptr || !processing_.move(*r, state::pending)) continue;
        const auto* hit = faults_.next(fault::message::request);
        const bool forget = hit != nullptr && hit->what == fault::kind::forget;
        const bool twice = hit != nullptr && hit->what == fault::kind::double_send;
        commands_.take(r->vin.view(), forget ? regardless(command_of(*r)) : command_of(*r));
        if (twice) out_.add(second_request(*r));
        if (forget || twice) faults_.done(*hit);
        if (forget) requests_.lose(r->number);
    }
}

outgoing outbound::command_of(const request& r) const {
    const auto& service = options_.services[r.service];
    const auto now = r.entered_at(state::pending);
    const contract::command command{
        .id = requests_.id(r.number), .service = service.name, .ts_ms = calendar_.ms_since_epoch(now)};
    return {.topic = contract::command_topic(r.vin.view(), service.name),
            .payload = contract::to_json(command),
            .command_of = r.number,
            .qos = options_.command_qos,
            .expires = deadline_of(service.limits, state::pending, now)};
}

/// Of an id that reads as no request of ours.
outgoing outbound::second_request(const request& r) const {
    auto message = regardless(command_of(r));
    message.payload =
        contract::to_json(contract::command{.id = requests_.id(r.number) + "-second",
                                            .service = options_.services[r.service].name,
                                            .ts_ms = calendar_.ms_since_epoch(r.entered_at(state::pending))});
    return message;
}

} // namespace loadsim::backend
