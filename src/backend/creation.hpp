// Request creation: validates an API call and creates the request.
#pragma once

#include "processing.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::backend {

class creation {
public:
    enum class create_status { created, invalid_vin, unknown_service, busy };
    struct create_result {
        create_status status;
        std::string id; ///< created: the new request; busy: the active request; else empty
    };

    creation(processing&, const request_table&, const std::vector<service>&);

    /// At most one active request per vehicle, across all services.
    create_result create(std::string_view vehicle, std::string_view service);
    const creation_counts& counts() const { return counts_; }

private:
    processing& processing_;
    const request_table& requests_;
    std::unordered_map<std::string_view, std::uint16_t> services_; // keys are views into the options
    creation_counts counts_;
};

} // namespace loadsim::backend
