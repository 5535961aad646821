// Stop signals that arrive at given instants of a manual clock; waiting moves the clock.
#pragma once

#include "signals.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>

namespace loadsim::run {

class fake_signals final : public stop_signals {
public:
    explicit fake_signals(manual_time& time) : time_(time) {}

    void send(kind what, monotonic_time at) { kind_ = {what, at}; }
    /// `kills`: the launcher then kills this process.
    void abort(monotonic_time at, bool kills = false) { abort_ = {kills, at}; }

    bool wait_until(monotonic_time until) override {
        if (++waits_ > 10'000) throw std::logic_error("waits without end");
        const bool arrives = arrives_by(kind_, until) || arrives_by(abort_, until);
        const auto first = std::min(kind_.arrived ? never : kind_.at, abort_.arrived ? never : abort_.at);
        time_.set(std::max(time_.now(), std::min(first, until)));
        kind_.arrived = kind_.at <= time_.now();
        abort_.arrived = abort_.at <= time_.now();
        return arrives;
    }
    kind requested() const override { return kind_.arrived ? kind_.value : kind::none; }
    bool aborted() const override { return abort_.arrived; }
    std::string abort_reason() const override {
        return abort_.value ? "the launcher ended all ranks" : "a second signal ended the drain";
    }
    bool killed_soon() const override { return aborted() && abort_.value; }

private:
    template <class T>
    struct signal_at {
        T value{};
        monotonic_time at = never;
        bool arrived = false;
    };
    template <class T>
    static bool arrives_by(const signal_at<T>& signal, monotonic_time until) {
        return !signal.arrived && signal.at <= until;
    }

    manual_time& time_;
    signal_at<kind> kind_;
    signal_at<bool> abort_;
    int waits_ = 0;
};

} // namespace loadsim::run
