// The `webhook` observer: the platform calls us.
#pragma once

#include "ear.hpp"
#include "webhook_edge.hpp"

#include <loadsim/http/server.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/options.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace loadsim::observe {

/// Answers on the server's own thread: reads, hands over, and nothing else.
class webhook_observer final : public observer {
public:
    webhook_observer(const webhook_options&, on_event, std::uint32_t index);
    ~webhook_observer() override;

    result<void> start() override;
    void stop() override;
    counts take() override;
    void overhear(on_heard tell) override { ear_.overhear(std::move(tell)); }
    std::string url() const override;
    std::string said() const override;

private:
    http::reply answer(const http::incoming&);
    void count_refused();

    webhook_options options_;
    std::string place_;
    ear ear_;
    std::optional<webhook_edge> edge_;
    http::server_figures counted_;           // of the listener, until now
    std::optional<http::listener> listener_; // last: its thread uses the above
};

} // namespace loadsim::observe
