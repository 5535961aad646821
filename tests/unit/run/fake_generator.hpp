// Generator that records its calls; its snapshots are the test's.
#pragma once

#include "generator.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::run {

class fake_generator final : public generator {
public:
    explicit fake_generator(run_plan& plan) : plan_(plan) {}

    std::vector<std::string> calls;
    std::function<void(const std::string& call)> on_call = [](const std::string&) {};
    std::function<measure::snapshot()> snapshot = [] { return measure::snapshot{}; };
    std::function<void(const std::function<bool()>& should_stop)> while_hooks_run = [](const auto&) {};
    std::function<std::uint32_t(monotonic_time interval_end)> late = [](monotonic_time) { return 0U; };
    monotonic_time collected_until{};
    int polls = 0;
    result<void> before{};
    result<void> after{};
    bool is_idle = true;
    stop_request remote_stop;
    std::string lost;
    std::uint32_t ranks = 1;
    monotonic_time load_start{};

    const run_plan& plan() const override { return plan_; }
    result<void> run_before_hooks(const std::function<bool()>& should_stop) override {
        return call("before"), while_hooks_run(should_stop), before;
    }
    result<void> run_after_hooks(const std::function<bool()>& should_stop) override {
        return call("after"), while_hooks_run(should_stop), after;
    }
    void connect() override { call("connect"); }
    void set_load(planned_load next) override {
        plan_.current_load = std::move(next);
        call("set_load");
    }
    void begin_load(monotonic_time start) override {
        load_start = start;
        call("load");
    }
    void stop_arrivals() override { call("stop_arrivals"); }
    void expire_open_requests() override { call("expire"); }
    void flush_records() override { call("flush_records"); }
    void stop() override { call("stop"); }
    measure::snapshot collect(monotonic_time until) override {
        collected_until = until;
        return snapshot();
    }
    std::uint32_t late_ranks(monotonic_time end) const override { return late(end); }
    bool idle() const override { return is_idle; }
    nanoseconds next_deadline() const override { return nanoseconds::max(); }
    void poll() override { ++polls; }
    stop_request stop_requested() const override { return remote_stop; }
    std::string lost_rank() const override { return lost; }
    std::uint32_t shards() const override { return 3; }
    std::uint32_t rank_count() const override { return ranks; }
    nanoseconds start_delay() const override { return std::chrono::milliseconds{50}; }

private:
    void call(const std::string& name) {
        calls.push_back(name);
        on_call(name);
    }

    run_plan& plan_;
};

} // namespace loadsim::run
