// Mapping of the platform's HTTP response to accepted, rejected or errored.
#pragma once

#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/http/client.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::driver {

struct mapped_response {
    enum class kind : std::uint8_t { accepted, rejected, errored } what = kind::errored;
    std::string
        text; ///< accepted: the request's id, empty if the contract has no field for it; else the error name to count by
};

/// Last segment of the path of a URI (RFC 3986, 3.3), percent-decoded: "17" of "https://api.test/requests/17/?full=1".
inline std::string last_path_segment(std::string_view uri) {
    auto path = uri.substr(0, uri.find_first_of("?#"));
    if (const auto slash = path.find('/'); path.substr(std::min(slash, path.size())).starts_with("//")) // an authority
        path.remove_prefix(std::min(path.find('/', slash + 2), path.size()));
    if (path.ends_with('/')) path.remove_suffix(1);
    return percent_decode(path.substr(path.rfind('/') + 1));
}

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
            .payload = response.body,
            .property = [&response](std::string_view name) { return response.header(name); },
            .parse_limit = response.body.size()};
        const bool found = contract::message_parser(message).extract(id, mapped.text);
        // RFC 9110, 10.2.2: the URI of the request; commands and events have its last segment.
        if (equal_ignoring_case(id.name(), "Location")) mapped.text = last_path_segment(mapped.text);
        if (found && !mapped.text.empty()) return mapped;
        return {errored, fmt::format("http: {} without a request id", response.status)};
    }
    if (!contains_status(contract.rejected)) return {errored, fmt::format("http: {}", response.status)};
    // The conflicting request may be an earlier try of this one.
    return {rejected, response.tries > 1 ? fmt::format("http: {} on try {}", response.status, response.tries)
                                         : fmt::format("http: {}", response.status)};
}

} // namespace loadsim::driver
