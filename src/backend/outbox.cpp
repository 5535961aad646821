#include "outbox.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace loadsim::backend {
namespace {

/// Rounded down, at least 1, for 0 is never; it has not expired yet, for then its request has ended.
std::uint32_t seconds_left(monotonic_time expires, monotonic_time now) {
    if (expires == never) return 0;
    const auto left = std::max<std::int64_t>(1, std::chrono::floor<std::chrono::seconds>(expires - now).count());
    return left > std::numeric_limits<std::uint32_t>::max() ? 0 : static_cast<std::uint32_t>(left);
}

} // namespace

void outbox::add(outgoing message) {
    waiting_.push_back(std::move(message));
    if (waiting_.size() > limits_.waiting) {
        waiting_.pop_front(); // the oldest: its command is the nearest to its deadline anyway
        ++figures_.dropped;
    }
}

void outbox::send() {
    while (connected_ && !waiting_.empty() && unconfirmed_.size() < limits_.unconfirmed) {
        auto& next = waiting_.front();
        if (!worth_sending(next)) {
            ++figures_.expired;
            waiting_.pop_front();
            continue;
        }
        const ticket handed{next_ticket_};
        if (!broker_.publish(handed, next, seconds_left(next.expires, time_.now()))) return;
        ++next_ticket_;
        unconfirmed_.emplace_hint(unconfirmed_.end(), handed, std::move(next));
        waiting_.pop_front();
    }
}

void outbox::connected() {
    connected_ = true;
    send();
}

void outbox::lost() {
    connected_ = false;
    figures_.sent_again += unconfirmed_.size();
    for (auto last = unconfirmed_.rbegin(); last != unconfirmed_.rend(); ++last)
        waiting_.push_front(std::move(last->second));
    unconfirmed_.clear();
}

void outbox::confirmed(ticket handed) {
    if (unconfirmed_.erase(handed) == 0) return; // of before the connection was lost: the message has gone again
    ++figures_.confirmed;
    send();
}

void outbox::failed(ticket handed, bool for_good) {
    const auto found = unconfirmed_.find(handed);
    if (found == unconfirmed_.end()) return;
    if (for_good) {
        ++figures_.refused;
    } else {
        ++figures_.sent_again;
        waiting_.push_front(std::move(found->second));
    }
    unconfirmed_.erase(found);
    if (for_good) send(); // else the loss of the connection is about to be told
}

bool outbox::worth_sending(const outgoing& message) const {
    if (!message.command_of) return true;
    const auto* r = requests_.find(*message.command_of);
    return r != nullptr && r->state == state::pending;
}

outbound_figures outbox::counted() const {
    auto now = figures_;
    now.waiting = waiting_.size();
    now.unconfirmed = unconfirmed_.size();
    return now;
}

} // namespace loadsim::backend
