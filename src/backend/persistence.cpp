#include "persistence.hpp"

#include <utility>

namespace loadsim::backend {

persistence::persistence(processing& p, const request_table& requests, event_store& store, const options& o,
                         const epoch_clock& c)
    : requests_(requests), store_(store), options_(o), clock_(c),
      queue_(p.changes().subscribe([](const state_change&) { return true; })) {}

void persistence::process_queue(monotonic_time now) {
    while (const auto change = queue_.pop()) {
        if (requests_.is_dropped(change->number)) continue;
        if (batch_.empty()) first_at_ = now;
        batch_.push_back({requests_.id(change->number), std::string(change->vin.view()),
                          options_.services[change->service].name, change->state, change->reason,
                          clock_.ms_since_epoch(change->at)});
        if (batch_.size() >= options_.batch) flush();
    }
    if (now >= next_due()) flush();
}

void persistence::read(event_query query, event_store::on_read on_read) {
    flush();
    store_.read(std::move(query), std::move(on_read));
}

void persistence::flush() {
    if (batch_.empty()) return;
    ++counts_.batches;
    counts_.events += batch_.size();
    store_.write(std::exchange(batch_, {}));
}

} // namespace loadsim::backend
