#include "distribution.hpp"

#include <loadsim/backend/default_protocol.hpp>

#include <utility>

namespace loadsim::backend {
namespace {

fault_injector<outbox_message>::outputs outputs_to(outbox& out) {
    const auto send = [&out](outbox_message event) { out.add(std::move(event)); };
    return {.forward = send, .late = send, .duplicate = send};
}

} // namespace

distribution::distribution(processing& p, request_table& requests, outbox& out, const std::vector<service>& services,
                           const epoch_clock& c, fault_plans& faults, const time_source& time)
    : requests_(requests), services_(services), clock_(c),
      events_(faults, fault::message::event, time, outputs_to(out)),
      queue_(p.changes().subscribe([](const state_change& change) { return is_final(change.state); })) {}

void distribution::process_queue() {
    while (const auto ended = queue_.pop()) {
        auto* r = requests_.find(ended->number);
        if (r == nullptr || std::exchange(r->announced, true)) continue; // delivered twice by the queue
        const event event{.id = requests_.id(ended->number),
                          .service = services_[ended->service].name,
                          .state = std::string(to_string(ended->state)),
                          .reason = ended->reason,
                          .ts_ms = clock_.ms_since_epoch(ended->at)};
        events_.submit(ended->vin.view(),
                       {.topic = event_topic(ended->vin.view()), .payload = to_json(event), .request = std::nullopt});
    }
}

} // namespace loadsim::backend
