// Load generator of one process: its shards, observers and connection to the target.
#pragma once

#include "generator.hpp"
#include "process/outage_schedule.hpp"
#include "process/target_setup.hpp"
#include "run_plan.hpp"
#include "shard/shard.hpp"

#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/observer/event.hpp>
#include <loadsim/observer/request_correlator.hpp>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::run {

/// Options of a replay or a probe; the defaults are those of a normal run.
struct local_generator_options {
    std::optional<replay_selection> replay;
    net::byte_tap* tap = nullptr;                       ///< must outlive the generator; with one shard only
    std::function<void(const traced_message&)> trace{}; ///< called for each message, on any thread; may be empty
};

/// The part of a run that one process generates; without ranks the whole run.
/// Threads: the constructing one.
class local_generator final : public generator {
public:
    /// Scenario, compiled scenario and `setup` must outlive the generator.
    local_generator(const scenario::scenario_config&, const scenario::compiled_scenario&, target_setup& setup,
                    std::uint32_t shards, const cluster::rank_info&, const time_source&,
                    const local_generator_options& = {});
    ~local_generator() override;

    const run_plan& plan() const noexcept { return plan_; }

    /// Runs the hooks before the load; call before connect(). Blocks. `should_stop`: checked between requests; true:
    /// stop.
    /// Errors: the first request without the expected response.
    result<void> run_before_hooks(const std::function<bool()>& should_stop);
    /// Runs the hooks after the load.
    result<void> run_after_hooks(const std::function<bool()>& should_stop);

    void connect() override;
    void begin_load(monotonic_time start) override;
    void stop_arrivals() override;
    void expire_open_requests() override;
    void stop() override;
    measure::snapshot collect() override;

    bool idle() const override; // shards execute calls in order before they report; only stopping takes time
    nanoseconds next_deadline() const override; ///< time until the next outage event
    void poll() override;
    stop_request stop_requested() const override { return {}; }
    std::string lost_rank() const override { return {}; }
    std::uint32_t shards() const override { return static_cast<std::uint32_t>(shards_.size()); }
    std::uint32_t count() const override { return 1; }
    nanoseconds start_delay() const override { return std::chrono::milliseconds{50}; }

private:
    // Called on the threads of observers, of the wake-up listener and of the broker API.
    void on_completion(std::optional<observer::completion> completion, const std::string& why);
    void on_response(observer::observed_response);
    void wake(std::string_view vin);
    void deliver_command(vehicle_id, fleet::delivered_command);
    void record_expired_completions();
    result<void> run_hooks(const driver::hook_requests&, const std::function<bool()>& should_stop);
    result<void> start_observers();
    shard* shard_of(vehicle_id) const; ///< null: a vehicle of another rank

    run_plan plan_;
    const cluster::rank_info rank_;
    target_setup& setup_;
    observer::request_correlator correlator_;
    target_endpoints endpoints_;
    const time_source& time_;
    outage_schedule outage_schedule_;
    monotonic_time start_ = never; ///< start of the load
    std::vector<std::unique_ptr<shard>> shards_;
    bool stopping_ = false;
    measure::snapshot status_; ///< last snapshot of the shards, without its totals
    bool observers_ready_ = false;
    std::string error_;
    std::string fatal_error_; ///< error that ends the run
    std::future<result<void>>
        observers_started_; ///< result of the start in parallel to the vehicles: Paho connects slowly
};

} // namespace loadsim::run
