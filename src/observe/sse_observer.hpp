// The `sse` observer: server-sent events of the platform's API.
#pragma once

#include "event_stream_reader.hpp"
#include "standing_stream.hpp"

#include <loadsim/observe/options.hpp>

#include <cstdint>
#include <string>

namespace loadsim::observe {

/// Asks for what it missed with Last-Event-ID. `header:event` and `header:id` of a reading are those fields of an event.
class sse_observer final : public standing_stream {
public:
    sse_observer(const sse_options&, const surroundings&, on_event, std::uint32_t index);
    ~sse_observer() override { stop(); }

private:
    std::string converse(api_stream, const http::request&) override;
    void feed(std::string_view bytes);

    std::string event_;
    event_stream_reader reader_;
    std::uint64_t oversized_ = 0; // that have been counted
};

} // namespace loadsim::observe
