#include <loadsim/net/timer_wheel.hpp>

#include <algorithm>

namespace loadsim::net {

void timer::disarm() noexcept {
    if (wheel_ == nullptr) return;
    *back_ = next_;
    if (next_ != nullptr) next_->back_ = back_;
    --wheel_->size_;
    wheel_ = nullptr;
}

timer_wheel::~timer_wheel() {
    for (auto& wheel : wheels_)
        for (auto& slot : wheel)
            while (slot != nullptr) slot->disarm();
}

void timer_wheel::arm(timer& t, monotonic_time when) {
    t.disarm();
    if (when == never) return;
    const auto since = std::max(when - origin_, nanoseconds{0});
    const auto tick =
        static_cast<std::uint64_t>((since + tick_length - nanoseconds{1}) / tick_length); // rounded up: never early
    t.tick_ = std::max(tick, now_ + 1); // an overdue timer fires at the next tick
    t.wheel_ = this;
    ++size_;
    insert(t);
}

void timer_wheel::insert(timer& t) noexcept {
    constexpr std::uint64_t range = (std::uint64_t{1} << (bits * levels)) - 1;
    const std::uint64_t tick = std::min(t.tick_, now_ + range);
    // Level of the highest digit (base 256) in which the tick differs from now: cascades when that digit changes.
    unsigned level = 0;
    while (level + 1 < levels && (tick >> (bits * (level + 1))) != (now_ >> (bits * (level + 1)))) ++level;
    auto& slot = wheels_[level][(tick >> (bits * level)) & (slots - 1)];
    t.next_ = slot;
    t.back_ = &slot;
    if (slot != nullptr) slot->back_ = &t.next_;
    slot = &t;
}

void timer_wheel::cascade(unsigned level) noexcept {
    auto& slot = wheels_[level][(now_ >> (bits * level)) & (slots - 1)];
    timer* list = slot;
    slot = nullptr;
    while (list != nullptr) {
        timer& t = *list;
        list = t.next_;
        insert(t);
    }
}

void timer_wheel::fire(timer*& slot, monotonic_time now) {
    // Detached list: timers armed inside a callback belong to a later tick.
    timer* list = slot;
    slot = nullptr;
    if (list != nullptr) list->back_ = &list;
    while (list != nullptr) {
        timer& t = *list;
        t.disarm(); // advances `list`, through back_
        t.on_timer(now);
    }
}

void timer_wheel::advance(monotonic_time now) {
    if (now < origin_) return;
    const auto target = static_cast<std::uint64_t>((now - origin_) / tick_length);
    while (now_ < target) {
        if (size_ == 0) {
            now_ = target;
            return;
        }
        ++now_;
        for (unsigned level = levels - 1; level > 0; --level)
            if ((now_ & ((std::uint64_t{1} << (bits * level)) - 1)) == 0) cascade(level);
        fire(wheels_[0][now_ & (slots - 1)], now);
    }
}

monotonic_time timer_wheel::next() const noexcept {
    if (size_ == 0) return never;
    const auto at = [this](std::uint64_t tick) { return origin_ + static_cast<std::int64_t>(tick) * tick_length; };
    const std::uint64_t rollover = (now_ | (slots - 1)) + 1; // when level 0 is refilled from above
    for (std::uint64_t tick = now_ + 1; tick < rollover; ++tick)
        if (wheels_[0][tick & (slots - 1)] != nullptr) return at(tick);
    return at(rollover);
}

} // namespace loadsim::net
