#include "in_flight_messages.hpp"

namespace loadsim::fleet {
namespace {

constexpr std::size_t least_buckets = 64;

} // namespace

std::size_t in_flight_messages::bucket_of(std::uint32_t slot) const noexcept { return slot & (buckets_.size() - 1); }

std::uint32_t in_flight_messages::find(std::uint32_t slot) const noexcept {
    if (used_queues_ == 0) return none;
    auto at = buckets_[bucket_of(slot)];
    while (at != none && queues_[at].slot != slot) at = queues_[at].next;
    return at;
}

/// The slots of a shard are dense: their low bits spread them over the buckets.
void in_flight_messages::grow() {
    buckets_.assign(buckets_.empty() ? least_buckets : buckets_.size() * 2, none);
    for (std::uint32_t i = 0; i < queues_.size(); ++i) {
        if (queues_[i].first == none) continue;
        auto& bucket = buckets_[bucket_of(queues_[i].slot)];
        queues_[i].next = bucket;
        bucket = i;
    }
}

std::uint32_t in_flight_messages::make_queue(std::uint32_t slot) {
    if (used_queues_ == buckets_.size()) grow();
    auto at = free_queues_;
    if (at == none) {
        at = static_cast<std::uint32_t>(queues_.size());
        queues_.emplace_back();
    } else {
        free_queues_ = queues_[at].next;
    }
    auto& bucket = buckets_[bucket_of(slot)];
    queues_[at] = {.slot = slot, .first = none, .last = none, .next = bucket, .count = 0, .suspended = false};
    bucket = at;
    ++used_queues_;
    return at;
}

in_flight_message& in_flight_messages::add(std::uint32_t slot, std::uint16_t packet_id) {
    auto i = free_messages_;
    if (i == none) {
        i = static_cast<std::uint32_t>(messages_.size());
        messages_.emplace_back();
    } else {
        free_messages_ = messages_[i].next;
    }
    auto at = find(slot);
    if (at == none) at = make_queue(slot);
    auto& q = queues_[at];
    (q.first == none ? q.first : messages_[q.last].next) = i;
    q.last = i;
    ++q.count;
    messages_[i].next = none;
    auto& m = messages_[i].message;
    m.packet_id = packet_id;
    ++size_;
    return m;
}

const in_flight_message* in_flight_messages::take(std::uint32_t slot, std::uint16_t packet_id) {
    const auto at = find(slot);
    if (at == none) return nullptr;
    auto& q = queues_[at];
    auto previous = none;
    auto i = q.first;
    for (; i != none && messages_[i].message.packet_id != packet_id; i = messages_[i].next) previous = i;
    if (i == none) return nullptr;
    (previous == none ? q.first : messages_[previous].next) = messages_[i].next;
    if (q.last == i) q.last = previous;
    --q.count;
    if (q.first == none) free_queue(at);
    free_message(i);
    return &messages_[i].message;
}

/// Keeps the capacity of the texts for the next message.
void in_flight_messages::free_message(std::uint32_t i) noexcept {
    messages_[i].next = free_messages_;
    free_messages_ = i;
    --size_;
}

void in_flight_messages::free_queue(std::uint32_t at) noexcept {
    auto* link = &buckets_[bucket_of(queues_[at].slot)];
    while (*link != at) link = &queues_[*link].next;
    *link = queues_[at].next;
    queues_[at].first = none;
    queues_[at].next = free_queues_;
    free_queues_ = at;
    --used_queues_;
}

void in_flight_messages::remove_all(std::uint32_t slot) {
    const auto at = find(slot);
    if (at == none) return;
    for (auto i = queues_[at].first; i != none;) {
        const auto next = messages_[i].next;
        free_message(i);
        i = next;
    }
    free_queue(at);
}

void in_flight_messages::suspend(std::uint32_t slot) noexcept {
    if (const auto at = find(slot); at != none) queues_[at].suspended = true;
}

void in_flight_messages::resume(std::uint32_t slot, nanoseconds now) noexcept {
    const auto at = find(slot);
    if (at == none) return;
    queues_[at].suspended = false;
    for (auto i = queues_[at].first; i != none; i = messages_[i].next) messages_[i].message.sent = now;
}

const in_flight_message* in_flight_messages::first(std::uint32_t slot) const noexcept {
    const auto at = find(slot);
    return at == none ? nullptr : &messages_[queues_[at].first].message;
}

std::uint32_t in_flight_messages::count(std::uint32_t slot) const noexcept {
    const auto at = find(slot);
    return at == none ? 0 : queues_[at].count;
}

bool in_flight_messages::is_suspended(std::uint32_t slot) const noexcept {
    const auto at = find(slot);
    return at != none && queues_[at].suspended;
}

std::vector<std::uint32_t> in_flight_messages::slots() const {
    std::vector<std::uint32_t> all;
    for (const auto& q : queues_)
        if (q.first != none) all.push_back(q.slot);
    return all;
}

} // namespace loadsim::fleet
