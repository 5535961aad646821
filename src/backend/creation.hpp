// Event creation: the app's wish, validated, becomes a request.
#pragma once

#include "processing.hpp"

#include <loadsim/backend/figures.hpp>
#include <loadsim/backend/options.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::backend {

class creation {
public:
    enum class verdict { created, invalid_vin, unknown_service, busy };
    struct answer {
        verdict what;
        std::string id; ///< created: its own; busy: of the active one; else empty
    };

    creation(processing&, const request_table&, const std::vector<service>&);

    /// One active request per vehicle, all services together.
    answer create(std::string_view vehicle, std::string_view service);
    const creation_figures& counted() const { return figures_; }

private:
    processing& processing_;
    const request_table& requests_;
    std::unordered_map<std::string_view, std::uint16_t> services_; // keys look into the options
    creation_figures figures_;
};

} // namespace loadsim::backend
