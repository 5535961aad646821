// Vehicles behind a broker team's HTTP API: commands are posted there, and final events to whoever wants them.
#pragma once

#include "mqtt_edge.hpp"
#include "outbox.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace loadsim::backend {

/// The sibling of mqtt_edge. A message is posted until it is taken, refused for good, no longer worth it (its command has expired), or,
/// of an event, five times. Words that the platform says itself, as a fault, come back as they would from a broker.
/// Threads: the loop's, but for make().
class broker_api_edge final : public broker_port {
public:
    /// More than Paho's: an API that answers slowly keeps that many waiting.
    static constexpr std::size_t unconfirmed = 10'000;

    /// `on_input`: called on the loop's thread, never from inside publish(). Errors: a URL that cannot be, or whose host nobody
    /// knows.
    static result<std::unique_ptr<broker_api_edge>> make(net::loop&, const broker_api_options&,
                                                         std::function<void(broker_input)> on_input);
    ~broker_api_edge() override;

    bool publish(ticket, const outgoing&, std::uint32_t expires_in_s) override;
    void stop();
    std::uint64_t said_again() const noexcept { return said_again_; }
    /// Why, last; empty: nothing was.
    const std::string& trouble() const noexcept { return trouble_; }

private:
    class line;    ///< to one of the two
    class posting; ///< one message
    broker_api_edge(net::loop&, const broker_api_options&, std::function<void(broker_input)>);
    void post_to(line&, ticket, const outgoing&, std::string target);
    void answered(std::uint64_t handed, const http::answer&);
    void post_again(posting&);
    void done(std::uint64_t handed, broker_input);
    void tell_later(broker_input);

    net::loop& loop_;
    const broker_api_options options_;
    std::function<void(broker_input)> on_input_;
    std::unique_ptr<line> commands_;
    std::unique_ptr<line> events_;                                ///< null: nobody wants them
    std::map<std::uint64_t, std::unique_ptr<posting>> under_way_; ///< by ticket
    std::uint64_t said_again_ = 0;
    std::string trouble_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace loadsim::backend
