// Request handler of the webhook, without I/O.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/observer/options.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observer {

/// Threads: const, any.
class webhook_handler {
public:
    static constexpr std::size_t body_limit = 64 * 1024;
    static constexpr std::string_view too_large = "body over 64 KiB, or header over 8 KiB";

    /// Errors: an empty secret; a signature without a header name; those of the event mapping.
    static result<webhook_handler> make(const webhook_options&, const std::string& options_path);

    struct decision {
        http::server_response response;
        std::string_view refused{};                      ///< reason of rejection before parsing; empty: parsed
        std::vector<contract::extracted_event> events{}; ///< extracted events
        std::size_t unmapped = 0;                        ///< number of items without an event
        bool is_authenticated = false;                   ///< the call is authenticated, whatever its content
    };
    /// Parses POST and PUT at the path with a valid signature. Others are rejected with 404, 405, 413 or 401; a body without an
    /// event with 400. `match_stats` may be null.
    decision handle(const http::request_view&, contract::field_match_stats* match_stats) const;

private:
    webhook_handler(const webhook_options& options, contract::event_mapping mapping);
    bool is_authenticated(const http::request_view&) const;

    webhook_options options_;
    contract::event_mapping mapping_;
};

} // namespace loadsim::observer
