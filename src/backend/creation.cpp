#include "creation.hpp"

namespace loadsim::backend {

creation::creation(processing& p, const request_table& requests, const std::vector<service>& services)
    : processing_(p), requests_(requests) {
    for (std::size_t i = 0; i < services.size(); ++i)
        services_.emplace(services[i].name, static_cast<std::uint16_t>(i));
}

creation::create_result creation::create(std::string_view vehicle, std::string_view service) {
    const auto name = vin::parse(vehicle);
    if (!name) {
        ++counts_.invalid_vin;
        return {create_status::invalid_vin, {}};
    }
    const auto known = services_.find(service);
    if (known == services_.end()) {
        ++counts_.unknown_service;
        return {create_status::unknown_service, {}};
    }
    if (const auto* active = requests_.active(*name)) {
        ++counts_.busy;
        return {create_status::busy, requests_.id(active->number)};
    }
    return {create_status::created, requests_.id(processing_.create_request(*name, known->second).number)};
}

} // namespace loadsim::backend
