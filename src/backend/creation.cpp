#include "creation.hpp"

namespace loadsim::backend {

creation::creation(processing& p, const request_table& requests, const std::vector<service>& services)
    : processing_(p), requests_(requests) {
    for (std::size_t i = 0; i < services.size(); ++i)
        services_.emplace(services[i].name, static_cast<std::uint16_t>(i));
}

creation::answer creation::create(std::string_view vehicle, std::string_view service) {
    const auto name = vin::parse(vehicle);
    if (!name) {
        ++figures_.invalid_vin;
        return {verdict::invalid_vin, {}};
    }
    const auto known = services_.find(service);
    if (known == services_.end()) {
        ++figures_.unknown_service;
        return {verdict::unknown_service, {}};
    }
    if (const auto* active = requests_.active(*name)) {
        ++figures_.busy;
        return {verdict::busy, requests_.id(active->number)};
    }
    return {verdict::created, requests_.id(processing_.begin(*name, known->second).number)};
}

} // namespace loadsim::backend
