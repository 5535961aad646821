#include "distribution.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <utility>

namespace loadsim::backend {

distribution::distribution(processing& p, request_table& requests, outbox& out, const std::vector<service>& services,
                           const calendar& c)
    : requests_(requests), out_(out), services_(services), calendar_(c),
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
        out_.add({contract::event_topic(ended->vin.view()), contract::to_json(event), std::nullopt});
    }
}

} // namespace loadsim::backend
