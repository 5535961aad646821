// Shard: a thread with its own vehicles, driver and ledger.
#pragma once

#include "shard/arrival_dispatcher.hpp"
#include "shard/campaign_sender.hpp"
#include "shard/event_recorder.hpp"
#include "shard/loop_delay.hpp"
#include "shard/shard_observers.hpp"
#include "shard/shard_taps.hpp"
#include "shard/target_endpoints.hpp"

#include <loadsim/driver/driver.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/fleet/external_programs.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/snapshot.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observer/event.hpp>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace loadsim::run {

/// Threads: all work runs on the shard's own; public members may be called from the local generator's thread.
class shard {
public:
    /// `tap`: receives the bytes of the vehicles' and the driver's connections; may be null.
    shard(const run_plan&, const target_endpoints&, const time_source&, fleet_partition, const shard_limits&,
          net::byte_tap* tap);
    ~shard(); ///< stops

    void connect(); ///< vehicles and driver
    void begin_load(monotonic_time start);
    void stop_arrivals();        ///< no more arrivals
    void expire_open_requests(); ///< requests in flight end as unanswered
    void flush_records();        ///< report() gives records that wait for a late response as they are
    std::future<measure::snapshot> report();
    void begin_stop();                        ///< closes all sessions, then ends the thread
    bool stopped() const { return stopped_; } ///< the thread has ended; report() must not be called any more
    measure::snapshot last_report();          ///< waits until the thread has ended

    void on_completion(std::optional<vehicle_id>, observer::completion); ///< nullopt: of no vehicle of this run
    void on_malformed_event(std::string why, monotonic_time);
    void on_response(vehicle_id, observer::observed_response);
    void on_tapped(std::uint32_t tap, std::vector<measure::consumed_record>); ///< `tap`: index in the scenario
    void wake(vehicle_id);                                                    ///< wake-up trigger received
    void deliver(vehicle_id, fleet::delivered_command);                       ///< command received at the broker API
    /// Begin and end of an outage; all vehicles are affected.
    void on_broker_down(std::uint32_t condition, std::uint32_t occurrence);
    void on_broker_up(std::uint32_t condition);

private:
    void dispatch_due_arrivals();
    void sample_loop_delay();
    bool condition_ends_in_drain();
    measure::snapshot collect();
    template <class Work>
    void post(Work&&);

    const run_plan& plan_;
    const time_source& time_;
    fleet_partition partition_;
    net::loop loop_;
    measure::ledger ledger_;
    campaign_sender campaign_sender_;
    event_recorder recorder_;
    shard_taps taps_;
    std::unique_ptr<fleet::external_programs> programs_; ///< null: no vehicle asks one
    std::unique_ptr<fleet::vehicles> vehicles_;
    shard_observers observers_;
    contract::field_match_stats driver_match_stats_; ///< of the mqtt driver's event mapping
    std::unique_ptr<driver::driver> driver_;
    arrival_dispatcher dispatcher_;
    net::clock_timer due_timer_;
    loop_delay loop_delay_;
    net::clock_timer delay_timer_; ///< of loop_delay_
    std::uint32_t pending_starts_ =
        3; ///< components not started yet: observers, driver, campaign sender; and the programs
    std::string error_;
    net::traffic_counts previous_traffic_;
    double cpu_s_ = 0;
    bool load_begun_ = false;
    bool stopping_ = false;
    std::atomic<bool> stopped_ = false;
    std::thread thread_; // last: the thread uses all members above
};

} // namespace loadsim::run
