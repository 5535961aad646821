#include "persistence.hpp"

#include <utility>

namespace loadsim::backend {

persistence::persistence(processing& p, const request_table& requests, event_store& store, const options& o,
                         const calendar& c)
    : requests_(requests), store_(store), options_(o), calendar_(c),
      queue_(p.changes().subscribe([](const change&) { return true; })) {}

void persistence::work(monotonic_time now) {
    while (const auto seen = queue_.take()) {
        if (batch_.empty()) first_at_ = now;
        batch_.push_back({requests_.id(seen->number), std::string(seen->vin.view()),
                          options_.services[seen->service].name, seen->state, seen->reason,
                          calendar_.ms_since_epoch(seen->at)});
        if (batch_.size() >= options_.batch) flush();
    }
    if (now >= next_due()) flush();
}

void persistence::flush() {
    if (batch_.empty()) return;
    ++figures_.batches;
    figures_.events += batch_.size();
    store_.write(std::exchange(batch_, {}));
}

} // namespace loadsim::backend
