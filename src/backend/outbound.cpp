#include "outbound.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

namespace loadsim::backend {

outbound::outbound(processing& p, request_table& requests, outbox& out, const std::vector<service>& services,
                   const calendar& c)
    : processing_(p), requests_(requests), out_(out), services_(services), calendar_(c),
      queue_(p.changes().subscribe([](const change& seen) { return seen.state == state::created; })) {}

void outbound::work() {
    while (const auto created = queue_.take()) {
        auto* r = requests_.find(created->number);
        // Moving first makes a message that the queue delivers twice one command.
        if (r == nullptr || !processing_.move(*r, state::pending)) continue;
        const auto& name = services_[r->service].name;
        const contract::command command{.id = requests_.id(r->number),
                                        .service = name,
                                        .ts_ms = calendar_.ms_since_epoch(r->entered_at(state::pending))};
        out_.add({contract::command_topic(r->vin.view(), name), contract::to_json(command), r->number});
    }
}

} // namespace loadsim::backend
