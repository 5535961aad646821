// Mapping of the platform's HTTP response to accepted, rejected or errored.
#pragma once

#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/http/client.hpp>

#include <cstdint>
#include <string>

namespace loadsim::driver {

struct mapped_response {
    enum class kind : std::uint8_t { accepted, rejected, errored } what = kind::errored;
    std::string
        text; ///< accepted: the request's id, empty if the contract has no field for it; else the error name to count by
};

/// `id`: field path of the request's id in an accepting response. A response without it is errored.
mapped_response map_response(const contract::request_options&, const contract::field_path& id,
                             const http::response_view&);

} // namespace loadsim::driver
