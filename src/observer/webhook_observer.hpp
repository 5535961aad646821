// The `webhook` observer: receives HTTP calls of the platform.
#pragma once

#include "event_sink.hpp"
#include "webhook_handler.hpp"

#include <loadsim/http/server.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace loadsim::observer {

/// Handles calls on the server's thread without blocking: parses and delivers the events.
class webhook_observer final : public observer {
public:
    webhook_observer(const webhook_options&, on_completion, std::uint32_t index);
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
    std::string options_path_;
    event_sink sink_;
    std::optional<webhook_handler> handler_;
    http::server_counts last_counts_;        // last counts of the listener
    std::optional<http::listener> listener_; // last: its thread uses the members above
};

} // namespace loadsim::observer
