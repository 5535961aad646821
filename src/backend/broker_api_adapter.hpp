// Adapter to a broker's HTTP API: posts commands to it, and final events to a URL.
#pragma once

#include "mqtt_adapter.hpp"
#include "outbox.hpp"

#include <loadsim/backend/options.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::backend {

/// Delay before the next attempt; nullopt: do not retry. `status`: of the HTTP response; 0: none. `retry_after`: value
/// of the header, in seconds; a date is ignored. `attempts`: so far. No response, 408, 429 and 5xx are retried with
/// exponential backoff from 200 ms, at most 5 s, but not before Retry-After.
std::optional<nanoseconds> retry_delay(unsigned status, std::string_view retry_after, std::uint32_t attempts);

/// Counterpart of mqtt_adapter. A message is retried until it is accepted, permanently rejected or expired; an event
/// has five attempts. Responses that the backend itself publishes as a fault are looped back, as an MQTT broker would
/// do.
/// Threads: the loop's, except make().
class broker_api_adapter final : public broker_port {
public:
    /// Larger than the send window over MQTT: a slow API holds many unconfirmed messages.
    static constexpr std::size_t unconfirmed = 10'000;

    /// `on_input`: called on the loop's thread, never from publish(). Errors: invalid URL, host that cannot be
    /// resolved.
    static result<std::unique_ptr<broker_api_adapter>> make(net::loop&, const broker_api_options&,
                                                            std::function<void(broker_input)> on_input);
    ~broker_api_adapter() override;

    bool publish(send_id, const outbox_message&, std::uint32_t expires_in_s) override;
    void stop();
    std::uint64_t retries() const noexcept { return retries_; }
    /// Reason of the last failed attempt; empty: none failed.
    const std::string& last_error() const noexcept { return last_error_; }

private:
    class api_client; ///< HTTP client of one URL
    class delivery;   ///< one message
    broker_api_adapter(net::loop&, const broker_api_options&, std::function<void(broker_input)>);
    void post(api_client&, send_id, const outbox_message&, std::string target);
    void on_response(std::uint64_t id, const http::response_view&);
    void retry(delivery&);
    void finish(std::uint64_t id, broker_input);
    void defer_input(broker_input);

    net::loop& loop_;
    const broker_api_options options_;
    std::function<void(broker_input)> on_input_;
    std::unique_ptr<api_client> commands_;
    std::unique_ptr<api_client> events_;                            ///< null: events are not posted
    std::map<std::uint64_t, std::unique_ptr<delivery>> deliveries_; ///< by send_id
    std::uint64_t retries_ = 0;
    std::string last_error_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace loadsim::backend
