// Taps of a process: from their start before the load until nothing more is consumed.
#pragma once

#include "run_plan.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/observer/tap.hpp>

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::run {

/// Threads: members from one thread; records are passed on by the taps' threads.
class process_taps {
public:
    struct set_up {
        const run_plan& plan;
        const time_source& time;
        std::vector<std::string> brokers{}; ///< of the embedded cluster; empty: there is none
        std::uint32_t rank = 0;
        std::uint32_t shards = 1;
        std::function<std::optional<std::uint32_t>(vehicle_id)> shard_of{}; ///< nullopt: a vehicle of another rank
        std::function<void(std::uint32_t tap, std::uint32_t shard, std::vector<measure::consumed_record>)> on_records{};
        std::function<void(const std::string&)> on_notice{};
    };

    ~process_taps(); ///< stops

    /// Starts the taps of the scenario; a replay, which repeats requests and no telemetry, has none. Errors: the first tap that cannot be
    /// started.
    result<void> start(const set_up&);
    bool empty() const noexcept { return taps_.empty(); }

    /// Stops the taps on a thread of its own. `end_bridge`: called there first; what it still forwards is consumed. May be empty.
    void begin_stop(std::function<void()> end_bridge);
    bool take_stopped(); ///< true once: nothing more is passed on

    void take_counts(measure::totals& into);

    struct connection_change {
        std::uint32_t tap = 0;
        bool connected = true; ///< false: no broker of its cluster answers, so that records may be missed
    };
    std::vector<connection_change> take_connection_changes(); ///< since the last call

private:
    void stop(const std::function<void()>& end_bridge);

    std::vector<std::unique_ptr<observer::tap>> taps_; ///< by index in the scenario
    std::vector<bool> connected_;                      ///< by tap, as of the last take_connection_changes()
    std::future<void> stopped_;                        ///< valid: being stopped
};

} // namespace loadsim::run
