// What one process does of a run: its shards, and what they test against.
#pragma once

#include "outages.hpp"
#include "parts.hpp"
#include "platform.hpp"
#include "shard.hpp"
#include "shared_plan.hpp"

#include <loadsim/cluster/place.hpp>
#include <loadsim/observe/claims.hpp>
#include <loadsim/observe/event.hpp>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::run {

/// What is special about doing some of a run again.
struct rerun {
    std::optional<selection> only;
    net::byte_tap* tap = nullptr;                  ///< must outlive the part; with one shard only
    std::function<void(const utterance&)> trace{}; ///< told what either side says, on any thread; empty: nobody
};

/// One process's part of a run; all of it when there is no other.
/// Threads: the one that made it.
class part final : public parts {
public:
    /// The scenario, its vocabulary and `up` must outlive it.
    part(const scenario::document&, const scenario::vocabulary&, platform& up, std::uint32_t shards,
         const cluster::place&, const time_source&, const rerun& = {});
    ~part() override;

    const shared_plan& plan() const noexcept { return plan_; }

    /// The calls before the load; before connect(). Blocks. `stop`: asked between them; true: no more are made.
    /// Errors: the first that was not answered as it should be.
    result<void> call_before(const std::function<bool()>& stop);
    /// Those after the load; when it is over.
    result<void> call_after(const std::function<bool()>& stop);

    void connect() override;
    void begin_load(monotonic_time start) override;
    void cut() override;
    void give_up_open() override;
    void stop() override;
    measure::snapshot collect() override;

    bool
    settled() const override; // a shard reports after it has done what was ordered before; only stopping takes its time
    nanoseconds attention() const override; ///< until the next turn of an outage
    void attend() override;
    wishes asked_elsewhere() const override { return {}; }
    std::string lost() const override { return {}; }
    std::uint32_t shards() const override { return static_cast<std::uint32_t>(shards_.size()); }
    std::uint32_t count() const override { return 1; }
    nanoseconds ahead() const override { return std::chrono::milliseconds{50}; }

private:
    // On an observer's thread, or that of a port of ours.
    void observe(std::optional<observe::final_event> seen, const std::string& why);
    void hear(observe::heard_word);
    void wake(std::string_view vin);
    void take_command(vehicle_id, fleet::broker_api_command);
    void disown_overdue();
    result<void> call(const drive::calls&, const std::function<bool()>& stop);
    result<void> start_watching();
    shard* shard_of(vehicle_id) const; ///< null: another rank's

    shared_plan plan_;
    const cluster::place where_;
    platform& up_;
    observe::claims claims_;
    address_book addresses_;
    const time_source& time_;
    outages outages_;
    monotonic_time start_ = never; ///< of the load
    std::vector<std::unique_ptr<shard>> shards_;
    bool stopping_ = false;
    measure::snapshot status_; ///< as it was when the shards were asked last; its `seen` is empty
    bool watching_ = false;
    std::string trouble_;
    std::string broken_;                    ///< why it cannot go on
    std::future<result<void>> watch_ready_; ///< started beside the vehicles, for Paho takes its time
};

} // namespace loadsim::run
