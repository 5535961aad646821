// One shard: a thread that owns its vehicles, its driver and its ledger.
#pragma once

#include <loadsim/drive/driver.hpp>
#include <loadsim/fleet/vehicles.hpp>
#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/snapshot.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/observe/mqtt_observer.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace loadsim::run {

/// What all shards of a run share, none of it changing.
struct shared_plan {
    const scenario::document& scenario;
    measure::legend names;
    load::schedule schedule;
    load::service_choice services;
    vehicle::segmentation segments;
    std::vector<vehicle::behaviour> behaviours; ///< by segment
    std::vector<backend::deadlines> deadlines;  ///< by service: how long the target waits for a silent vehicle
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
class shard final : private fleet::vehicle_events, private drive::driver_events {
public:
    shard(const shared_plan&, const time_source&, shard_share, const shard_limits&);
    ~shard() override; ///< stops

    void connect(); ///< vehicles and driver
    void begin_load(monotonic_time start);
    void cut();          ///< no more arrivals
    void give_up_open(); ///< what is in flight ends as unanswered
    std::future<measure::snapshot> report();
    void begin_stop();                        ///< closes all sessions, then ends the thread
    bool stopped() const { return stopped_; } ///< it has; nothing answers report() any more
    measure::snapshot last_report();          ///< waits for that

    void observe(vehicle_id, observe::final_event);
    void note(measure::anomaly);

private:
    void pump();
    void take(const load::arrival&);
    std::optional<vehicle_id> free_vehicle(const load::candidates&) const;
    measure::snapshot collect();
    template <class Work>
    void post(Work&&);

    bool on_delivered(vehicle_id, std::string_view request, monotonic_time) override;
    void on_acked(vehicle_id, std::string_view request, monotonic_time) override;
    void on_finished(vehicle_id, std::string_view request, monotonic_time) override;
    void on_malformed(vehicle_id) override;
    void on_malformed() override;
    bool still_wanted(request_key) const override;
    void on_sent(request_key, monotonic_time) override;
    void on_accepted(request_key, std::string_view request, monotonic_time) override;
    void on_rejected(request_key, std::string_view why, monotonic_time) override;
    void on_errored(request_key, std::string_view why, monotonic_time) override;
    void on_ended(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time) override;

    const shared_plan& plan_;
    const time_source& time_;
    shard_share share_;
    net::loop loop_;
    measure::ledger ledger_;
    fleet::vehicles vehicles_;
    std::unique_ptr<drive::driver> driver_;
    load::schedule::cursor cursor_;
    std::optional<load::arrival> next_;
    net::clock_timer due_timer_;
    monotonic_time start_{};
    bool all_due_ = false;
    bool driver_ready_ = false;
    std::string trouble_;
    net::traffic moved_before_;
    double cpu_s_ = 0;
    bool stopping_ = false;
    std::atomic<bool> stopped_ = false;
    std::thread thread_; // last: it uses all of the above
};

} // namespace loadsim::run
