// Vehicles' words on their way to the platform's inbound endpoint.
#pragma once

#include "badness_plan.hpp"

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

/// A text of inbound_options: of vin and request.id.
result<contract::text_template> inbound_template(const std::string&);

/// The words of one vehicle are posted one after the other, so that they come in the order in which it says them; those of
/// different vehicles side by side. A word is posted once: what the platform does not take is counted, and not said again.
/// Bound:   so many words wait; more are dropped and counted.
/// Threads: the loop's.
class inbound_poster final : private http::client_events {
public:
    /// What sends requests; one made by http::client::make(), or a test's.
    using sending = std::function<result<std::unique_ptr<http::client>>(http::client_events&)>;

    /// Of options that check() finds usable. `send` is called at once, if there is an inbound URL.
    inbound_poster(const broker_api_options&, std::uint64_t seed, std::uint32_t who, const sending& send);

    /// Why nothing can be posted; empty: nothing says so.
    const std::string& refusal() const noexcept { return refusal_; }
    void post(vehicle_id, std::string_view vin, std::string_view request, std::string_view payload, nanoseconds since);
    /// What waits, or has no answer yet, is dropped.
    void stop();
    bool idle() const noexcept { return under_way_ == 0; }

    broker_api_counts counted; ///< to be taken by anybody

private:
    void on_answer(std::uint64_t vehicle, const http::answer&) override;
    void add(std::uint32_t vehicle, http::request);
    void drop(const char* why);

    const inbound_options options_;
    badness_plan bad_;
    contract::text_template path_;
    std::vector<std::pair<std::string, contract::text_template>> headers_;
    std::unique_ptr<http::client> client_; ///< null: there is no inbound URL
    /// By vehicle: the words behind the one that is being posted.
    std::unordered_map<std::uint32_t, std::deque<http::request>> busy_;
    std::string refusal_;
    std::size_t under_way_ = 0; ///< posted without an answer, or waiting
};

} // namespace loadsim::fleet
