// What is remembered of requests that are over, and of ids that were never ours.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loadsim::measure {

struct past_request {
    std::string request{};               ///< empty: the platform never told us
    std::optional<arrival_id> arrival{}; ///< absent: it is not ours
    std::optional<outcome> end{};        ///< that the platform announced
    anomaly_set provokes{};
    bool away = false; ///< the vehicle could not hear while it was open, at least for a while
    /// Its command should have come and has not: that is decided when it can no longer come.
    bool missing = false;
    monotonic_time sent = never, delivered = never, executed = never, observed = never;
    std::uint32_t seen_by = 0; ///< observers that told the end, a bit each
};

/// The last few of each vehicle that had any. Those whose command is still missing stay longest.
/// Threads: one. Pure.
class past_requests {
public:
    /// Of one vehicle. A command that is reordered or late is one or two requests behind.
    static constexpr std::size_t kept = 4;

    past_request* find(vehicle_id, std::string_view request);
    /// The latest of ours whose id the platform never told: an id that nobody knows may be its.
    past_request* nameless(vehicle_id);
    past_request* latest(vehicle_id); ///< of ours
    /// The command of a later request of ours has come already.
    bool later_delivered(vehicle_id, const past_request&) const;

    /// Gives back the one that had to make room.
    std::optional<past_request> add(vehicle_id, past_request);

    std::size_t missing_count() const noexcept;

    struct left {
        vehicle_id vehicle{};
        past_request request;
    };
    /// All that are still missing, by vehicle. They are missing no longer: this has told it.
    std::vector<left> take_missing();

private:
    std::unordered_map<std::uint32_t, std::vector<past_request>> by_vehicle_; ///< the oldest first
};

} // namespace loadsim::measure
