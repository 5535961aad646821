// Rank coordinator: rank 0's view of all ranks of a run.
#pragma once

#include "generator.hpp"
#include "ranks/interval_totals.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/rank_messages.hpp>
#include <loadsim/cluster/spool.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::run {

/// The local generator and, by messages, those of the other ranks. Never blocks in MPI: poll() receives the messages.
/// Threads: one, that of the channel.
class rank_coordinator final : public generator {
public:
    /// All arguments must outlive the coordinator.
    rank_coordinator(generator& local, cluster::channel&, cluster::spool_writer&, const time_source&);

    const run_plan& plan() const override { return local_.plan(); }
    result<void> run_before_hooks(const std::function<bool()>& should_stop) override {
        return named(local_.run_before_hooks(should_stop));
    }
    result<void> run_after_hooks(const std::function<bool()>& should_stop) override {
        return named(local_.run_after_hooks(should_stop));
    }
    void connect() override;
    void set_load(planned_load) override; ///< never called: a load sequence has one process
    void begin_load(monotonic_time start) override;
    void stop_arrivals() override;
    void expire_open_requests() override;
    void flush_records() override;
    void stop() override;
    measure::snapshot collect(monotonic_time until) override;
    std::uint32_t late_ranks(monotonic_time interval_end) const override;
    bool idle() const override;
    nanoseconds next_deadline() const override;
    void poll() override;
    stop_request stop_requested() const override { return stop_request_; }
    std::string lost_rank() const override;
    std::uint32_t shards() const override { return local_.shards(); }
    std::uint32_t rank_count() const override { return channel_.info().count; }
    nanoseconds start_delay() const override;

private:
    struct rank_state {
        measure::snapshot latest; ///< without its totals
        std::uint32_t executed_commands = 0;
        bool reported = false;
        monotonic_time last_message_at{};
    };

    void broadcast(const cluster::control_command&);
    void on_report(std::uint32_t from, cluster::status_report);
    result<void> named(result<void> of_own_hooks) const; ///< its error with this rank's name, as those of other ranks
    void collect_own();

    generator& local_;
    cluster::channel& channel_;
    cluster::spool_writer& spool_;
    const time_source& time_;
    monotonic_time started_at_;
    monotonic_time load_start_ = never;
    std::vector<rank_state> ranks_; ///< by rank; of element 0 only `latest` is used
    interval_totals totals_;        ///< of all ranks, not collected yet
    std::uint32_t commands_sent_ = 0;
    stop_request stop_request_;
    std::string invalid_message_; ///< error of a message that could not be decoded
};

} // namespace loadsim::run
