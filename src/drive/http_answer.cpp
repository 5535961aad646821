#include "http_answer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::drive {

http_answer read_answer(const contract::request_options& contract, const contract::source& id,
                        const http::answer& seen) {
    using enum http_answer::kind;
    const auto means = [&seen](const std::vector<std::uint16_t>& statuses) {
        return std::ranges::find(statuses, seen.status) != statuses.end();
    };
    if (seen.status == 0)
        return {errored, seen.tries > 1 ? fmt::format("http: {} ({} tries)", seen.trouble, seen.tries)
                                        : fmt::format("http: {}", seen.trouble)};
    if (means(contract.accepted)) {
        http_answer accepts{accepted, {}};
        if (id.what() == contract::source::kind::none) return accepts;
        const contract::heard heard{.payload = seen.body,
                                    .named = [&seen](std::string_view name) { return seen.header(name); }};
        if (contract::message_reader(heard).read(id, accepts.text) && !accepts.text.empty()) return accepts;
        return {errored, fmt::format("http: {} without a request id", seen.status)};
    }
    if (!means(contract.rejected)) return {errored, fmt::format("http: {}", seen.status)};
    // The request that is in the way may be the earlier try of this one.
    return {rejected, seen.tries > 1 ? fmt::format("http: {} on try {}", seen.status, seen.tries)
                                     : fmt::format("http: {}", seen.status)};
}

} // namespace loadsim::drive
