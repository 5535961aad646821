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

    void send(kind what, monotonic_time at) {
        kind_ = what;
        at_ = at;
    }
    void abort(monotonic_time at) {
        aborts_ = true;
        at_ = at;
    }

    bool wait_until(monotonic_time until) override {
        if (++waits_ > 10'000) throw std::logic_error("waits without end");
        const bool arrives = !arrived_ && at_ <= until;
        time_.set(std::max(time_.now(), arrives ? at_ : until));
        arrived_ = arrived_ || arrives;
        return arrives;
    }
    kind requested() const override { return arrived_ && !aborts_ ? kind_ : kind::none; }
    bool aborted() const override { return arrived_ && aborts_; }
    std::string abort_reason() const override { return "the launcher ended all ranks"; }

private:
    manual_time& time_;
    kind kind_ = kind::none;
    bool aborts_ = false;
    monotonic_time at_ = never;
    bool arrived_ = false;
    int waits_ = 0;
};

} // namespace loadsim::run
