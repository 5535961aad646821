// What one process does of a run: its shards, and what they test against.
#pragma once

#include "parts.hpp"
#include "platform.hpp"
#include "shard.hpp"

#include <loadsim/cluster/place.hpp>
#include <loadsim/observe/mqtt_observer.hpp>

#include <future>
#include <memory>
#include <optional>
#include <vector>

namespace loadsim::run {

/// One process's part of a run; all of it when there is no other.
/// Threads: the one that made it.
class part final : public parts {
public:
    /// `up` must outlive it.
    part(const scenario::document&, const platform& up, std::uint32_t shards, const cluster::place&,
         const time_source&);
    ~part() override;

    const shared_plan& plan() const noexcept { return plan_; }

    void connect() override;
    void begin_load(monotonic_time start) override;
    void cut() override;
    void give_up_open() override;
    void stop() override;
    measure::snapshot collect() override;

    bool
    settled() const override; // a shard reports after it has done what was ordered before; only stopping takes its time
    nanoseconds attention() const override { return nanoseconds::max(); }
    void attend() override {}
    wishes asked_elsewhere() const override { return {}; }
    std::string lost() const override { return {}; }
    std::uint32_t shards() const override { return static_cast<std::uint32_t>(shards_.size()); }
    std::uint32_t count() const override { return 1; }
    nanoseconds ahead() const override { return std::chrono::milliseconds{50}; }

private:
    void observe(std::optional<observe::final_event> seen); ///< comes on the observer's thread

    shared_plan plan_;
    const cluster::place where_;
    net::endpoint broker_;
    bool own_broker_;
    std::vector<std::unique_ptr<shard>> shards_;
    bool stopping_ = false;
    measure::snapshot status_; ///< as it was when the shards were asked last; its `seen` is empty
    bool watching_ = false;
    std::string trouble_;
    observe::mqtt_observer observer_;          // after the shards: it ends first, and tells nothing more
    std::future<result<void>> observer_ready_; // started beside the vehicles, for Paho takes its time
};

} // namespace loadsim::run
