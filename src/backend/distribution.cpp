#include "distribution.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <utility>

namespace loadsim::backend {
namespace {

detour<outgoing>::ways all_to(outbox& out) {
    const auto send = [&out](outgoing event) { out.add(std::move(event)); };
    return {.on = send, .astray = send, .again = send};
}

} // namespace

distribution::distribution(processing& p, request_table& requests, outbox& out, const std::vector<service>& services,
                           const calendar& c, fault_plan& faults, const time_source& time)
    : requests_(requests), services_(services), calendar_(c), events_(faults, fault::message::event, time, all_to(out)),
      queue_(p.changes().subscribe([](const change& seen) { return is_final(seen.state); })) {}

void distribution::work() {
    while (const auto ended = queue_.take()) {
        auto* r = requests_.find(ended->number);
        if (r == nullptr || std::exchange(r->announced, true)) continue; // the queue delivered it twice
        const contract::event event{.id = requests_.id(ended->number),
                                    .service = services_[ended->service].name,
                                    .state = std::string(to_string(ended->state)),
                                    .reason = ended->reason,
                                    .ts_ms = calendar_.ms_since_epoch(ended->at)};
        events_.take(ended->vin.view(), {.topic = contract::event_topic(ended->vin.view()),
                                         .payload = contract::to_json(event),
                                         .command_of = std::nullopt});
    }
}

} // namespace loadsim::backend
