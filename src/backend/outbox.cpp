#include "outbox.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace loadsim::backend {
namespace {

/// Rounded down, at least 1, because 0 means never. Not called for an expired message: its request has ended by then.
std::uint32_t seconds_left(monotonic_time expires, monotonic_time now) {
    if (expires == never) return 0;
    const auto left = std::max<std::int64_t>(1, std::chrono::floor<std::chrono::seconds>(expires - now).count());
    return left > std::numeric_limits<std::uint32_t>::max() ? 0 : static_cast<std::uint32_t>(left);
}

} // namespace

void outbox::add(outbox_message message) {
    waiting_.push_back(std::move(message));
    if (waiting_.size() > limits_.waiting) {
        waiting_.pop_front(); // the oldest is nearest to its deadline
        ++counts_.dropped;
    }
}

void outbox::send() {
    while (connected_ && !waiting_.empty() && unconfirmed_.size() < limits_.unconfirmed) {
        auto& next = waiting_.front();
        if (!worth_sending(next)) {
            ++counts_.expired;
            waiting_.pop_front();
            continue;
        }
        const send_id id{next_send_id_};
        if (!broker_.publish(id, next, seconds_left(next.expires, time_.now()))) return;
        ++next_send_id_;
        unconfirmed_.emplace_hint(unconfirmed_.end(), id, std::move(next));
        waiting_.pop_front();
    }
}

void outbox::on_connected() {
    connected_ = true;
    send();
}

void outbox::on_connection_lost() {
    connected_ = false;
    counts_.sent_again += unconfirmed_.size();
    for (auto last = unconfirmed_.rbegin(); last != unconfirmed_.rend(); ++last)
        waiting_.push_front(std::move(last->second));
    unconfirmed_.clear();
}

void outbox::on_confirmed(send_id id) {
    if (unconfirmed_.erase(id) == 0) return; // from before a connection loss; since resent under a new id
    ++counts_.confirmed;
    send();
}

void outbox::on_refused(send_id id) {
    if (unconfirmed_.erase(id) == 0) return; // as above
    ++counts_.refused;
    send();
}

bool outbox::worth_sending(const outbox_message& message) const {
    if (!message.request) return true;
    const auto* r = requests_.find(*message.request);
    return r != nullptr && r->state == state::pending;
}

outbound_counts outbox::counts() const {
    auto now = counts_;
    now.waiting = waiting_.size();
    now.unconfirmed = unconfirmed_.size();
    return now;
}

} // namespace loadsim::backend
