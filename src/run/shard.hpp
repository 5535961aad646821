// One shard: a thread that owns its vehicles, its driver and its ledger.
#pragma once

#include "allotment.hpp"
#include "shared_plan.hpp"
#include "witness.hpp"

#include <loadsim/drive/driver.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/snapshot.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/options.hpp>
#include <loadsim/observe/mqtt_observer.hpp>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace loadsim::run {

/// Where the target is, for all shards of a run.
struct address_book {
    net::endpoint broker_url;
    boost::asio::ip::tcp::endpoint broker;
    std::optional<net::endpoint> api; ///< none: the mqtt driver
    boost::asio::ip::tcp::endpoint api_address;
    std::string run_name; ///< unique at the broker
};

/// A shard's part of what is limited for each broker and each API; at least 1.
struct shard_limits {
    std::uint32_t connects_in_flight = 1;
    std::uint32_t http_connections = 1;
};

/// Threads: its own runs everything; the public members may be called from the coordinator's.
class shard {
public:
    /// `tap`: sees what its vehicles' connections move; null: nobody does.
    shard(const shared_plan&, const address_book&, const time_source&, shard_share, const shard_limits&,
          net::byte_tap* tap);
    ~shard(); ///< stops

    void connect(); ///< vehicles and driver
    void begin_load(monotonic_time start);
    void cut();          ///< no more arrivals
    void give_up_open(); ///< what is in flight ends as unanswered
    std::future<measure::snapshot> report();
    void begin_stop();                        ///< closes all sessions, then ends the thread
    bool stopped() const { return stopped_; } ///< it has; nothing answers report() any more
    measure::snapshot last_report();          ///< waits for that

    void observe(vehicle_id, observe::final_event);
    void hear(vehicle_id, observe::heard_word);
    void wake(vehicle_id); ///< a trigger has come
    void note(anomaly, std::string request, std::string evidence, monotonic_time);
    /// A condition that befalls the broker begins and ends: all of its vehicles are touched.
    void outage_begins(std::uint32_t condition, std::uint32_t occurrence);
    void outage_passes(std::uint32_t condition);

private:
    void pump();
    bool passes_soon();
    measure::snapshot collect();
    template <class Work>
    void post(Work&&);

    const shared_plan& plan_;
    const time_source& time_;
    shard_share share_;
    net::loop loop_;
    measure::ledger ledger_;
    witness witness_;
    fleet::vehicles vehicles_;
    std::unique_ptr<drive::driver> driver_;
    allotment arrivals_;
    net::clock_timer due_timer_;
    bool driver_ready_ = false;
    std::string trouble_;
    net::traffic moved_before_;
    double cpu_s_ = 0;
    bool stopping_ = false;
    std::atomic<bool> stopped_ = false;
    std::thread thread_; // last: it uses all of the above
};

} // namespace loadsim::run
