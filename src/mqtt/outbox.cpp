#include "outbox.hpp"

#include <algorithm>

namespace loadsim::mqtt {

outgoing* outbox::lower_bound(packet_serial serial) noexcept {
    const auto list = all();
    const auto at = std::ranges::lower_bound(list, serial, {}, &outgoing::serial);
    return list.data() + (at - list.begin());
}

outgoing* outbox::find(std::uint16_t id) noexcept {
    const auto list = all();
    if (list.empty() || id == 0) return nullptr;
    if (list.front().id() == id) return &list.front();
    if (list.back().serial - list.front().serial < 65'535) {
        // The serials span less than one round of identifiers, so the identifier has exactly one possible serial.
        const packet_serial first = list.front().serial;
        auto* at = lower_bound(first + (id + 65'535U - list.front().id()) % 65'535U);
        return at != list.data() + list.size() && at->id() == id ? at : nullptr;
    }
    const auto at = std::ranges::find(list, id, &outgoing::id);
    return at != list.end() ? &*at : nullptr;
}

void outbox::push(outgoing&& o) {
    waiting_ += o.waiting ? 1 : 0;
    requests_ += o.is_message() ? 0 : 1;
    entries_.push_back(std::move(o));
}

void outbox::erase(outgoing* o) noexcept {
    waiting_ -= o->waiting ? 1 : 0;
    requests_ -= o->is_message() ? 0 : 1;
    if (o == entries_.data() + head_) {
        o->packet = bytes{};
        ++head_;
    } else {
        entries_.erase(entries_.begin() + (o - entries_.data()));
    }
    compact();
}

void outbox::compact() noexcept {
    if (head_ == entries_.size()) {
        entries_.clear();
        head_ = 0;
    } else if (head_ >= 16 && head_ * 2 >= entries_.size()) {
        entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
}

outgoing* outbox::first_waiting() noexcept {
    if (waiting_ == 0) return nullptr;
    auto* at = lower_bound(sent_below_);
    while (!at->waiting) ++at;
    sent_below_ = at->serial;
    return at;
}

void outbox::mark_sent(outgoing& o) noexcept {
    o.waiting = false;
    --waiting_;
}

void outbox::drop_requests() noexcept {
    if (requests_ == 0) return;
    const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(head_);
    const auto gone = std::remove_if(first, entries_.end(), [](const outgoing& o) { return !o.is_message(); });
    entries_.erase(gone, entries_.end());
    requests_ = 0;
    compact();
}

void outbox::await_resend() noexcept {
    waiting_ = 0;
    sent_below_ = 0;
    for (auto& o : all()) {
        o.sent_before = o.sent_before || !o.waiting;
        o.waiting = o.awaits == outgoing::step::puback || o.awaits == outgoing::step::pubrec;
        waiting_ += o.waiting ? 1 : 0;
    }
}

} // namespace loadsim::mqtt
