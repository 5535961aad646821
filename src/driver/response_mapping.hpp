// Mapping of the platform's HTTP response to accepted, rejected or errored.
#pragma once

#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/http/client.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::driver {

struct mapped_response {
    enum class kind : std::uint8_t { accepted, rejected, errored } what = kind::errored;
    std::string
        text; ///< accepted: the request's id, empty if the contract has no field for it; else the error name to count by
};

/// `id`: field path of the request's id in an accepting response. A response without it is errored.
inline mapped_response map_response(const contract::request_options& contract, const contract::field_path& id,
                                    const http::response_view& response) {
    using enum mapped_response::kind;
    const auto contains_status = [&response](const std::vector<std::uint16_t>& statuses) {
        return std::ranges::find(statuses, response.status) != statuses.end();
    };
    if (response.status == 0)
        return {errored, response.tries > 1 ? fmt::format("http: {} ({} tries)", response.error, response.tries)
                                            : fmt::format("http: {}", response.error)};
    if (contains_status(contract.accepted)) {
        mapped_response mapped{accepted, {}};
        if (id.type() == contract::field_path::kind::none) return mapped;
        const contract::message_view message{
            .payload = response.body, .property = [&response](std::string_view name) { return response.header(name); }};
        if (contract::message_parser(message).extract(id, mapped.text) && !mapped.text.empty()) return mapped;
        return {errored, fmt::format("http: {} without a request id", response.status)};
    }
    if (!contains_status(contract.rejected)) return {errored, fmt::format("http: {}", response.status)};
    // The conflicting request may be an earlier try of this one.
    return {rejected, response.tries > 1 ? fmt::format("http: {} on try {}", response.status, response.tries)
                                         : fmt::format("http: {}", response.status)};
}

} // namespace loadsim::driver
