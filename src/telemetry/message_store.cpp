#include <loadsim/telemetry/message_store.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace loadsim::telemetry {
namespace {

constexpr std::size_t topic_bytes_max = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t payload_bytes_max = std::numeric_limits<std::uint32_t>::max();

bool is_above(std::uint64_t value, std::uint64_t limit) { return limit != 0 && value > limit; }

/// Stored messages for each live one.
double stored_per_live(const reissue_options& reissue) { return reissue.share.value / (1 - reissue.share.value); }

} // namespace

message_store::message_store(const store_options& options, store_persistence* persistence, on_drained drained,
                             std::pmr::memory_resource* memory)
    : options_(options), persistence_(persistence), drained_(std::move(drained)), memory_(memory), backlogs_(memory),
      oldest_(memory) {}

result<void> message_store::restore() {
    if (persistence_ == nullptr) return {};
    return persistence_->load([this](const stored_message& m) {
        position_first_ = std::min(position_first_, m.position);
        position_last_ = std::max(position_last_, m.position);
        append(backlog_of(m.vehicle, m.due), m);
        count(m.group, &store_counts::restored);
        const auto entry = backlogs_.find(index(m.vehicle));
        if (front_changed(entry, m.due)) enforce_limits(entry, m.due);
    });
}

message_store::backlog& message_store::backlog_of(vehicle_id v, nanoseconds since) {
    return backlogs_.try_emplace(index(v), v, since, memory_).first->second;
}

void message_store::append(backlog& b, const stored_message& m) {
    b.messages.push_back(m);
    bytes_ += stored_bytes(m);
    count(m.group, &store_counts::in_store);
}

std::vector<vehicle_id> message_store::vehicles() const {
    std::vector<vehicle_id> all;
    for (const auto& [vehicle, messages] : backlogs_) all.push_back(vehicle_id{vehicle});
    std::sort(all.begin(), all.end());
    return all;
}

void message_store::count(std::uint32_t group, counter what) {
    if (group >= group_counts_.size()) group_counts_.resize(group + std::size_t{1});
    ++(counts_.*what);
    ++(group_counts_[group].*what);
}

const store_counts& message_store::counts(std::uint32_t group) const {
    static constexpr store_counts none;
    return group < group_counts_.size() ? group_counts_[group] : none;
}

bool message_store::put(const stored_message& message, nanoseconds now) {
    const auto size = stored_bytes(message);
    if (is_above(size, options_.bytes) || is_above(size, options_.total_bytes) ||
        message.topic.size() > topic_bytes_max || message.payload.size() > payload_bytes_max) {
        count(message.group, &store_counts::refused);
        return false;
    }
    auto m = message;
    m.position = ++position_last_;
    append(backlog_of(m.vehicle, now), m);
    count(m.group, &store_counts::stored);
    if (persistence_ != nullptr) persistence_->append(m);
    const auto entry = backlogs_.find(index(m.vehicle));
    if (front_changed(entry, now)) enforce_limits(entry, now);
    return true;
}

void message_store::put_back(std::span<const stored_message> messages, nanoseconds now) {
    if (messages.empty()) return;
    auto& b = backlog_of(messages.front().vehicle, now);
    for (auto i = messages.rbegin(); i != messages.rend(); ++i) {
        auto m = *i;
        m.position = --position_first_; // live messages are among them: the positions of the others may leave no room
        b.messages.push_front(m);
        bytes_ += stored_bytes(m);
        count(m.group, &store_counts::in_store);
        count(m.group, &store_counts::put_back);
        if (persistence_ == nullptr) continue;
        if (i->position != 0) persistence_->remove(i->position);
        persistence_->append(m);
    }
    const auto entry = backlogs_.find(index(messages.front().vehicle));
    if (front_changed(entry, now)) enforce_limits(entry, now);
}

void message_store::resume(vehicle_id v, nanoseconds now) {
    const auto entry = backlogs_.find(index(v));
    if (entry == backlogs_.end()) return;
    entry->second.resumed = now;
    entry->second.live_share = 0;
}

void message_store::live_sent(vehicle_id v) {
    if (options_.reissue.order != reissue_order::interleaved || backlogs_.empty()) return;
    const auto entry = backlogs_.find(index(v));
    if (entry == backlogs_.end() || options_.reissue.share.value >= 1) return;
    const double more = stored_per_live(options_.reissue);
    entry->second.live_share =
        std::min(entry->second.live_share + more, more + 1); // no burst after a wait for the rate
}

void message_store::end_live() { options_.reissue.share.value = 1; }

bool message_store::may_reissue(const backlog& b) const {
    // Shares of 1/3 and the like add up to slightly less than 1.
    return options_.reissue.order == reissue_order::before_live || options_.reissue.share.value >= 1 ||
           b.live_share >= 1 - 1e-9;
}

nanoseconds message_store::next_reissue(vehicle_id v) const {
    const auto entry = backlogs_.find(index(v));
    if (entry == backlogs_.end() || !may_reissue(entry->second)) return nanoseconds::max();
    return entry->second.next_allowed;
}

std::optional<stored_message> message_store::front(vehicle_id v, nanoseconds now) {
    if (backlogs_.empty()) return std::nullopt;
    auto entry = backlogs_.find(index(v));
    if (entry == backlogs_.end()) return std::nullopt;
    drop_outdated(entry, now);
    entry = backlogs_.find(index(v));
    if (entry == backlogs_.end() || !may_reissue(entry->second) || now < entry->second.next_allowed)
        return std::nullopt;
    return entry->second.messages.front();
}

void message_store::pop_front(vehicle_id v, nanoseconds now) {
    const auto entry = backlogs_.find(index(v));
    auto& b = entry->second;
    if (options_.reissue.order == reissue_order::interleaved) b.live_share = std::max(b.live_share - 1, 0.0);
    if (options_.reissue.rate) {
        // From the instant that was allowed: late calls do not lower the rate, and a long wait causes no burst.
        const nanoseconds interval{std::llround(1e9 / options_.reissue.rate->per_second)};
        const auto planned = b.next_allowed == nanoseconds::min() ? now : b.next_allowed;
        b.next_allowed = now - planned < interval ? planned + interval : now + interval;
    }
    ++b.reissued;
    drop_front(b, &store_counts::reissued, b.messages.front().qos > 0);
    front_changed(entry, now);
}

void message_store::acknowledged(std::int64_t position) {
    if (persistence_ != nullptr && position != 0) persistence_->remove(position);
}

void message_store::remove_outdated(nanoseconds now) {
    for (auto entry = backlogs_.begin(); !backlogs_.empty() && entry != backlogs_.end();) drop_outdated(entry++, now);
}

void message_store::drop_outdated(backlog_map::iterator entry, nanoseconds now) {
    auto& b = entry->second;
    bool changed = false;
    while (!b.messages.empty()) {
        const auto m = b.messages.front();
        const bool too_old = options_.age > nanoseconds{0} && now - m.due > options_.age;
        if (now < m.deadline && !too_old) break;
        drop_front(b, now < m.deadline ? &store_counts::too_old : &store_counts::expired);
        changed = true;
    }
    if (changed) front_changed(entry, now);
}

void message_store::drop_front(backlog& b, counter what, bool keep_row) {
    const auto m = b.messages.front();
    if (persistence_ != nullptr && !keep_row) persistence_->remove(m.position);
    bytes_ -= stored_bytes(m);
    --counts_.in_store;
    --group_counts_[m.group].in_store;
    count(m.group, what);
    b.messages.pop_front();
}

void message_store::enforce_limits(backlog_map::iterator entry, nanoseconds now) {
    auto& b = entry->second;
    while (is_above(b.messages.messages(), options_.messages) || is_above(b.messages.bytes(), options_.bytes))
        drop_front(b, &store_counts::overwritten);
    if (!front_changed(entry, now)) return;
    while (is_above(bytes_, options_.total_bytes)) {
        const auto oldest = backlogs_.find(oldest_.begin()->second);
        drop_front(oldest->second, &store_counts::overwritten);
        front_changed(oldest, now);
    }
}

bool message_store::front_changed(backlog_map::iterator entry, nanoseconds now) {
    auto& b = entry->second;
    const auto vehicle = entry->first;
    const auto due = b.messages.empty() ? nanoseconds::max() : b.messages.front().due;
    if (options_.total_bytes != 0 && due != b.indexed) {
        auto node = oldest_.extract({b.indexed, vehicle});
        b.indexed = due;
        if (!b.messages.empty() && !node.empty()) {
            node.value().first = due;
            oldest_.insert(std::move(node));
        } else if (!b.messages.empty()) {
            oldest_.emplace(due, vehicle);
        }
    }
    if (!b.messages.empty()) return true;
    const auto resumed = b.resumed;
    const drained_backlog ended{vehicle_id{vehicle}, b.began, resumed.value_or(now), now, b.reissued};
    backlogs_.erase(entry);
    if (backlogs_.empty()) backlog_map(memory_).swap(backlogs_); // frees the buckets, as many as there were backlogs
    if (resumed && drained_) drained_(ended);
    return false;
}

} // namespace loadsim::telemetry
