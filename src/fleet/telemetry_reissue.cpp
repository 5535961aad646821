// The members of telemetry_publisher (telemetry_publisher.hpp) for the store: what goes into it, and what is re-issued.
#include "telemetry_publisher.hpp"

#include "store_persistence.hpp"

#include <loadsim/contract/mqtt_message.hpp>

#include <chrono>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Messages per call; then the loop runs other work.
constexpr int reissued_per_call = 64;
/// Messages of a vehicle in flight above which stored ones wait, whatever the broker's receive maximum.
constexpr std::uint32_t in_flight_max = 100;
/// Wait for a session that takes no message, and of which no acknowledgement comes.
constexpr nanoseconds quota_poll_interval = std::chrono::milliseconds{100};

} // namespace

void telemetry_publisher::open_store() {
    const auto options = store_options_of_shard(spec_);
    if (!spec_.options.telemetry.store) return;
    auto opened = open_store_persistence(spec_, std::chrono::microseconds{link_.wall_us()} - since_start());
    if (opened) {
        persistence_ = std::move(*opened);
    } else {
        ++backlogs_.errors;
        ++backlogs_.reasons[to_string(opened.error())];
    }
    store_.emplace(options, persistence_.get(),
                   [this](const telemetry::drained_backlog& d) { backlogs_.drained.record(d.drained - d.resumed); });
    if (persistence_) restore_store();
}

/// Takes over what an earlier start of loadsim has left in the database.
void telemetry_publisher::restore_store() {
    const auto note = [this](const problems& wrong) {
        ++backlogs_.errors;
        ++backlogs_.reasons[to_string(wrong)];
    };
    if (const auto restored = store_->restore(); !restored) note(restored.error());
    sequences_.emplace(*persistence_, spec_.shard_partition, spec_.shard_partition.size(spec_.options.vehicles),
                       static_cast<std::uint32_t>(counts_.size()));
    if (const auto restored = sequences_->restore(); !restored) {
        note(restored.error());
        sequences_.reset(); // what is in the database stays as it is
    }
    backlogs_.begun += store_->backlogs();
    for (const auto v : store_->vehicles())
        if (link_.can_send(v)) on_link_up(v);
    flush_store();
}

/// Writes the changes that have waited for the batch window.
void telemetry_publisher::flush_store() {
    if (finished_) return;
    persistence_->flush(since_start());
    link_.arm(flush_timer_, link_.now() + spec_.options.telemetry.store->batch_window);
}

void telemetry_publisher::take_persistence_problem() {
    const auto& counts = persistence_->counts();
    const auto errors = counts.not_persisted + counts.not_removed + counts.not_reserved;
    backlogs_.errors += errors - std::exchange(persistence_errors_, errors);
    if (const auto found = persistence_->take_problem()) ++backlogs_.reasons[to_string(problems{*found})];
}

bool telemetry_publisher::store(const telemetry::stored_message& m) {
    const bool had_backlog = store_->has_backlog(m.vehicle);
    if (!store_->put(m, since_start())) {
        not_sent(m.group, "larger than a limit of the store");
        return false;
    }
    ++counts_[m.group].stored;
    if (!had_backlog) ++backlogs_.begun;
    return true;
}

void telemetry_publisher::on_link_up(vehicle_id v) {
    if (!store_ || finished_ || !store_->has_backlog(v)) return;
    store_->resume(v, since_start());
    schedule_reissue(v);
}

void telemetry_publisher::schedule_reissue(vehicle_id v) {
    if (finished_) return;
    const auto next = store_->next_reissue(v);
    reissues_.set(slot_of(v), next == nanoseconds::max() ? next : std::max(next, since_start()));
    arm();
}

/// Takes a vehicle's next message only while its session sends it at once: the queue of the session stays free for live messages.
void telemetry_publisher::reissue_due() {
    if (!store_) return;
    const auto now = since_start();
    for (int n = 0; n < reissued_per_call && reissues_.next() <= now; ++n) {
        const auto slot = reissues_.take();
        const auto v = id_at(slot);
        if (!link_.can_send(v)) continue; // on_link_up() follows
        // One by one while the broker seems to refuse one, to know which.
        const auto most = closed_links_.is_suspected(slot) ? 1 : in_flight_max;
        if (link_.send_quota(v) == 0 || in_flight_.count(slot) >= most) {
            reissues_.set(slot, now + quota_poll_interval);
            continue;
        }
        const auto m = store_->front(v, now);
        if (m && !reissue(*m, now))
            reissues_.set(slot, now + quota_poll_interval);
        else if (store_->has_backlog(v) && link_.can_send(v))
            schedule_reissue(v);
    }
}

/// Copies the message: sending it may end the session, which changes the store. False: the session does not take it now.
bool telemetry_publisher::reissue(const telemetry::stored_message& front, nanoseconds now) {
    auto m = front;
    topic_ = front.topic;
    payload_ = front.payload;
    m.topic = topic_;
    m.payload = payload_;
    store_->pop_front(m.vehicle, now);
    const auto& traits = traits_[m.group];
    mqtt::message packet;
    if (traits.has_metadata &&
        composer_.compose({m.vehicle, m.group, m.sequence, m.due}, link_.wall_us(), link_.now(), message_))
        packet = contract::mqtt_message_of(message_, mqtt::qos::at_most_once);
    packet.topic = m.topic;
    packet.payload = m.payload;
    packet.quality = static_cast<mqtt::qos>(m.qos);
    packet.retain = traits.retained;
    packet.expiry_interval = telemetry::remaining_expiry(m, now);
    const auto error = send(m, packet, true);
    if (!error) ++counts_[m.group].reissued;
    if (!is_temporary(error)) return true;
    store_->put_back({&m, 1}, now);
    return false;
}

/// The session has ended, and does not send its messages again.
void telemetry_publisher::give_back(std::uint32_t slot) {
    if (!store_) {
        in_flight_.for_each(slot, [this](const auto& m) { ++counts_[m.group].unacknowledged; });
        return in_flight_.remove_all(slot);
    }
    const auto v = id_at(slot);
    std::vector<telemetry::stored_message> all;
    in_flight_.for_each(slot, [&](const auto& m) {
        all.push_back({.position = m.position,
                       .vehicle = v,
                       .group = m.group,
                       .sequence = m.sequence,
                       .due = m.due,
                       .deadline = m.deadline,
                       .qos = m.qos,
                       .topic = m.topic,
                       .payload = m.payload});
    });
    if (!store_->has_backlog(v)) ++backlogs_.begun;
    store_->put_back(all, since_start());
    in_flight_.remove_all(slot);
}

void telemetry_publisher::add_store_counts(std::map<std::uint32_t, measure::telemetry_counts>& by_group) {
    for (std::uint32_t g = 0; g < store_counts_.size(); ++g) {
        const auto now = store_->counts(g);
        const auto before = std::exchange(store_counts_[g], now);
        auto& counts = by_group[g];
        counts.overwritten += now.overwritten - before.overwritten;
        counts.expired += now.expired - before.expired;
        counts.too_old += now.too_old - before.too_old;
        counts.restored += now.restored - before.restored;
    }
}

} // namespace loadsim::fleet
