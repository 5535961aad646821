// The `websocket` observer: messages of a WebSocket at the platform's API.
#pragma once

#include "standing_stream.hpp"

#include <loadsim/observe/options.hpp>

#include <cstdint>
#include <string>

namespace loadsim::observe {

/// Pings what is silent for 15 s, and takes who then does not answer for lost.
class websocket_observer final : public standing_stream {
public:
    websocket_observer(const websocket_options&, const surroundings&, on_event, std::uint32_t index);
    ~websocket_observer() override { stop(); }

private:
    std::string converse(api_stream, const http::request&) override;
};

} // namespace loadsim::observe
