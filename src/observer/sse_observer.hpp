// The `sse` observer: server-sent events of the platform's API.
#pragma once

#include "sse_parser.hpp"
#include "streaming_observer.hpp"

#include <loadsim/observer/options.hpp>

#include <cstdint>
#include <string>

namespace loadsim::observer {

/// Requests missed events with Last-Event-ID. Field paths `header:event` and `header:id` refer to these fields of an event.
class sse_observer final : public streaming_observer {
public:
    sse_observer(const sse_options&, const observer_context&, on_completion, std::uint32_t index);
    ~sse_observer() override { stop(); }

private:
    std::string run_connection(any_stream, const http::request&, const std::string& host) override;
    void feed(std::string_view bytes);

    std::string event_;
    sse_parser parser_;
    std::uint64_t counted_oversized_ = 0; // already counted
};

} // namespace loadsim::observer
