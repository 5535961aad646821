// Timer that calls a member function of its owner.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <tuple>

namespace loadsim::fleet {

/// The call may destroy the timer. The owner must outlive it.
template <class Owner, class... Arguments>
class timer_callback final : public net::timer {
public:
    using function = void (Owner::*)(Arguments...);
    timer_callback(Owner& owner, function call, Arguments... arguments)
        : owner_(owner), call_(call), arguments_(arguments...) {}

private:
    void on_timer(monotonic_time) override {
        std::apply([this](Arguments... arguments) { (owner_.*call_)(arguments...); }, arguments_);
    }

    Owner& owner_;
    function call_;
    std::tuple<Arguments...> arguments_;
};

} // namespace loadsim::fleet
