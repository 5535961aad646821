// Poster of vehicle responses to the platform's inbound endpoint.
#pragma once

#include "broker_api/fault_plan.hpp"

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/http/client.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::fleet {

/// Compile templates of inbound_options; symbols: vin and request.id.
result<contract::text_template> inbound_path(const std::string&);
result<contract::text_template> inbound_header(const std::string& value);

/// Posts the responses of one vehicle sequentially, so that their order is kept; different vehicles in parallel. No retries: a
/// rejected or failed post is counted.
/// Bound:   inbound_options::max_queued responses wait; more are dropped and counted.
/// Threads: the loop's.
class response_poster final : private http::client_events {
public:
    /// Factory of the HTTP client: http::client::make(), or a fake in tests.
    using client_factory = std::function<result<std::unique_ptr<http::client>>(http::client_events&)>;

    /// The options must pass check(). `make_client` is called at once if there is an inbound URL.
    response_poster(const broker_api_options&, std::uint64_t seed, std::uint32_t source,
                    const client_factory& make_client);

    /// Reason for which responses cannot be posted; empty: no error.
    const std::string& refusal() const noexcept { return refusal_; }
    void post(vehicle_id, std::string_view vin, std::string_view request, std::string_view payload,
              nanoseconds since_start);
    /// Drops responses that are queued or have no HTTP response yet.
    void stop();
    bool idle() const noexcept { return pending_ == 0; }
    /// Half of the queue is free, so that messages that can wait leave the rest to others. Without a URL all are dropped anyway.
    bool has_capacity() const noexcept {
        return !client_ || pending_ < options_.max_queued / 2 + std::size_t{client_->max_connections()};
    }

    measure::broker_api_counts counts; ///< read and reset by the owner

private:
    void on_response(std::uint64_t vehicle, const http::response_view&) override;
    void enqueue(std::uint32_t vehicle, http::request);
    void drop(const char* why);

    const inbound_options options_;
    fault_plan<fault> faults_;
    contract::text_template path_;
    std::vector<std::pair<std::string, contract::text_template>> headers_;
    std::unique_ptr<http::client> client_; ///< null: no inbound URL
    /// By vehicle: responses queued behind the one being posted.
    std::unordered_map<std::uint32_t, std::deque<http::request>> queues_;
    std::string refusal_;
    std::size_t pending_ = 0; ///< posted without an HTTP response yet, or queued
};

} // namespace loadsim::fleet
