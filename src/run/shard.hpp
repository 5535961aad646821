// One shard: a thread that owns its vehicles, its driver and its ledger.
#pragma once

#include "allotment.hpp"
#include "attached.hpp"
#include "campaigns.hpp"
#include "lookouts.hpp"
#include "shared_plan.hpp"
#include "witness.hpp"

#include <loadsim/drive/auth.hpp>
#include <loadsim/drive/driver.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/snapshot.hpp>
#include <loadsim/net/byte_tap.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/options.hpp>
#include <loadsim/observe/claims.hpp>
#include <loadsim/observe/event.hpp>

#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace loadsim::run {

/// Where the target is, for all shards of a run.
struct address_book {
    std::vector<net::endpoint> broker_urls;
    std::vector<boost::asio::ip::tcp::endpoint> brokers; ///< that answered
    std::optional<http::client_options> api{};           ///< none: the mqtt driver
    std::shared_ptr<drive::door> way_in{};               ///< null: the API asks for nothing
    fleet::broker_api_options broker_api{};              ///< of that link, with the platform's inbound URL
    observe::claims* claims = nullptr;                   ///< null: every end says its vehicle
    std::string run_name;                                ///< unique at the broker
};

/// A shard's part of what there is once for each broker and each API; of what is limited at least 1.
struct shard_limits {
    std::uint32_t connects_in_flight = 1;
    std::uint32_t http_connections = 1;
    std::uint32_t inbound_connections = 1;
    bool sends_campaigns = false;
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
    void wake(vehicle_id);                               ///< a trigger has come
    void deliver(vehicle_id, fleet::broker_api_command); ///< a command has come, at the broker's API
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
    campaigns campaigns_;
    witness witness_;
    attached vehicles_;
    lookouts lookouts_;
    contract::fit driver_fit_; ///< how the mqtt driver reads words
    std::unique_ptr<drive::driver> driver_;
    allotment arrivals_;
    net::clock_timer due_timer_;
    std::uint32_t not_ready_ = 3; ///< of lookouts, driver and campaigns
    std::string trouble_;
    net::traffic moved_before_;
    double cpu_s_ = 0;
    bool stopping_ = false;
    std::atomic<bool> stopped_ = false;
    std::thread thread_; // last: it uses all of the above
};

} // namespace loadsim::run
