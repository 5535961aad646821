#include "processing.hpp"

#include <utility>

namespace loadsim::backend {

const request& processing::create_request(const vin& vehicle, std::uint16_t service) {
    const auto now = time_.now();
    const auto& created = requests_.add(vehicle, service, now);
    publish_change(created, now);
    return created;
}

bool processing::transition(request& r, state to, std::string reason) {
    if (!may_follow(r.state, to)) return false;
    const auto now = time_.now();
    requests_.enter(r, to, std::move(reason), now);
    publish_change(r, now);
    return true;
}

void processing::publish_change(const request& r, monotonic_time at) {
    changes_.publish({r.number, r.vin, r.service, r.state, r.reason, at});
}

} // namespace loadsim::backend
