// The `webhook` observer: receives HTTP calls of the platform. Signature and request handler are without I/O.
#pragma once

#include "event_sink.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/contract/event_mapping.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::observer {

/// HMAC signature of a call: the header value for this body, prefix and HMAC(key, body) in the configured encoding; hex in lower case.
std::string compute_signature(const webhook_options::signature&, std::string_view body);

/// True: the header value matches the body. Accepts upper-case hex.
bool verify_signature(const webhook_options::signature&, std::string_view body, std::string_view header);

/// Request handler of the webhook.
/// Threads: const, any.
class webhook_handler {
public:
    static constexpr std::string_view too_large = "over load.http.maxBody or load.http.maxHeader";

    /// Errors: an empty secret; a signature without a header name; those of the event mapping.
    static result<webhook_handler> make(const webhook_options&, const std::string& options_path);

    struct decision {
        http::server_response response;
        std::string_view refused{};                      ///< reason of rejection before parsing; empty: parsed
        std::vector<contract::extracted_event> events{}; ///< extracted events
        std::size_t unmapped = 0;                        ///< number of items without an event
        bool is_authenticated = false;                   ///< the call is authenticated, whatever its content
    };
    /// Parses POST and PUT at the path with a valid signature. Others are rejected with 404, 405 or 401, a compressed body with
    /// 415, and one without an event with 400. `match_stats` may be null.
    decision handle(const http::request_view&, contract::field_match_stats* match_stats) const;

private:
    webhook_handler(const webhook_options& options, contract::event_mapping mapping);
    bool is_authenticated(const http::request_view&) const;

    webhook_options options_;
    contract::event_mapping mapping_;
};

/// Handles calls on the server's thread without blocking: parses and delivers the events.
class webhook_observer final : public observer {
public:
    /// `tap`: receives the bytes of all calls; may be null.
    webhook_observer(const webhook_options&, const http::limits&, on_completion, std::uint32_t index,
                     net::byte_tap* tap);
    ~webhook_observer() override;

    result<void> start() override;
    void stop() override;
    counts take_counts() override;
    void set_trace(on_trace handler) override { sink_.set_trace(std::move(handler)); }
    std::string url() const override;
    std::string notice() const override;

private:
    http::server_response handle_request(const http::request_view&);
    void count_server_rejections();

    webhook_options options_;
    http::limits limits_;
    std::string options_path_;
    net::byte_tap* tap_;
    event_sink sink_;
    std::optional<webhook_handler> handler_;
    http::server_counts last_counts_;        // last counts of the listener
    std::optional<http::listener> listener_; // last: its thread uses the members above
};

} // namespace loadsim::observer
