#include <loadsim/backend/options.hpp>

namespace loadsim::backend {

std::vector<service> default_services() {
    std::vector<service> all;
    for (const auto* name : {"horn", "light-flash", "climate", "door-lock", "door-unlock", "charging"})
        all.push_back({name, {}});
    return all;
}

} // namespace loadsim::backend
