#include "processing.hpp"

#include <utility>

namespace loadsim::backend {

const request& processing::begin(const vin& vehicle, std::uint16_t service) {
    const auto now = time_.now();
    const auto& begun = requests_.add(vehicle, service, now);
    tell(begun, now);
    return begun;
}

bool processing::move(request& r, state to, std::string reason) {
    if (!may_follow(r.state, to)) return false;
    const auto now = time_.now();
    requests_.enter(r, to, std::move(reason), now);
    tell(r, now);
    return true;
}

void processing::tell(const request& r, monotonic_time at) {
    changes_.publish({r.number, r.vin, r.service, r.state, r.reason, at});
}

} // namespace loadsim::backend
