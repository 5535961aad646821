#include "platform.hpp"

#include <algorithm>

namespace loadsim::backend {

platform::platform(const options& o, const time_source& time, const start& s, broker_port& broker, event_store& store)
    : options_(o), time_(time), calendar_(time.now(), s.ms_since_epoch),
      requests_(s.id_prefix, o.time_to_live, o.remembered), processing_(requests_, time),
      outbox_(broker, requests_, s.limits), creation_(processing_, requests_, o.services),
      inbound_(processing_, requests_, time), outbound_(processing_, requests_, outbox_, o.services, calendar_),
      lifecycle_(processing_, requests_, o.services), persistence_(processing_, requests_, store, o, calendar_),
      distribution_(processing_, requests_, outbox_, o.services, calendar_) {}

const request* platform::find(std::string_view id) const {
    const auto number = requests_.find(id, time_.now());
    return number ? requests_.find(*number) : nullptr;
}

void platform::run() {
    const auto now = time_.now();
    lifecycle_.check_due(now);
    do {
        outbound_.work();
        lifecycle_.work();
        distribution_.work();
        persistence_.work(now);
        lifecycle_.check_due(now); // a deadline of zero is due at once
    } while (!processing_.changes().idle());
    outbox_.send();
    requests_.forget(now);
}

monotonic_time platform::next_due() const { return std::min(lifecycle_.next_due(), persistence_.next_due()); }

void platform::flush() {
    run();
    persistence_.flush();
}

figures platform::counted() const {
    figures all;
    all.requests = requests_.counted();
    all.requests.timed_out = lifecycle_.timed_out();
    all.creation = creation_.counted();
    all.outbound = outbox_.counted();
    all.inbound = inbound_.counted();
    all.persistence = persistence_.counted();
    all.broker_connected = outbox_.is_connected();
    return all;
}

} // namespace loadsim::backend
