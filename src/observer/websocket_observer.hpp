// The `websocket` observer: messages of a WebSocket at the platform's API.
#pragma once

#include "streaming_observer.hpp"

#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <string>

namespace loadsim::observer {

/// Pings a connection idle for 15 s; without a reply, the connection counts as lost.
class websocket_observer final : public streaming_observer {
public:
    websocket_observer(const websocket_options&, const observer_context&, on_completion, std::uint32_t index);
    ~websocket_observer() override { stop(); }

private:
    std::string run_connection(any_stream, const http::request&, const std::string& host) override;
};

} // namespace loadsim::observer
