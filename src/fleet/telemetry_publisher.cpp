#include "telemetry_publisher.hpp"

#include "store_persistence.hpp"

#include <loadsim/base/hash.hpp>
#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/net/refusal.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Messages per call; then the loop runs other work, until the next tick of its timers (1 ms): less than a thread can send meanwhile
/// would limit the rate.
constexpr int messages_per_call = 256;

constexpr auto above_packet_limit = "above the maximum packet size of the broker";

bool has_metadata(const contract::message_options& m) {
    return !m.response_topic.empty() || !m.correlation_data.empty() || !m.content_type.empty() ||
           !m.user_properties.empty();
}

} // namespace

telemetry_publisher::telemetry_publisher(telemetry_link& link, const fleet_spec& spec, std::uint32_t vehicles)
    : link_(link), spec_(spec), plan_(spec, vehicles), composer_(spec), counts_(spec.telemetry_messages.size()),
      store_counts_(spec.telemetry_messages.size()) {
    const auto add_traits = [this](const contract::message_options& m) {
        traits_.push_back({.retained = m.retain, .has_metadata = has_metadata(m)});
    };
    for (const auto& g : spec.options.telemetry.groups) add_traits(g.message);
    for (const auto& a : spec.options.telemetry.alarms) add_traits(a.message);
    // Before the load, so that a database that cannot be used ends the run. It is opened again when the start of the load is known.
    if (const auto opened = open_store_persistence(spec, nanoseconds{0}); !opened) problem_ = to_string(opened.error());
}

telemetry_publisher::~telemetry_publisher() = default;

void telemetry_publisher::begin_load(monotonic_time start) {
    load_start_ = start;
    open_store();
    arm();
}

void telemetry_publisher::end_load() {
    if (load_start_ == never) return;
    plan_.end(since_start());
    if (!store_) return;
    store_->end_live();
    for (const auto v : store_->vehicles())
        if (link_.can_send(v)) schedule_reissue(v);
}

void telemetry_publisher::finish() {
    if (std::exchange(finished_, true) || load_start_ == never) return;
    timer_.disarm();
    flush_timer_.disarm();
    drop_awaited_payloads();
    for (const auto slot : in_flight_.slots()) {
        if (store_ && in_flight_.is_suspended(slot)) {
            give_back(slot);
            continue;
        }
        in_flight_.for_each(slot, [this](const auto& m) { ++counts_[m.group].unacknowledged; });
        in_flight_.remove_all(slot);
    }
    reissues_.clear();
    if (!store_) return;
    store_->remove_outdated(since_start());
    for (std::uint32_t g = 0; g < counts_.size(); ++g) counts_[g].in_store += store_->counts(g).in_store;
    if (persistence_) persistence_->flush_all();
    if (sequences_) sequences_->save();
}

bool telemetry_publisher::awaits() const {
    if (finished_ || load_start_ == never) return false;
    if (!awaited_.empty()) return true;
    const auto slots = in_flight_.slots();
    if (std::ranges::any_of(
            slots, [this](auto slot) { return !in_flight_.is_suspended(slot) || link_.comes_back(id_at(slot)); }))
        return true;
    if (!store_ || store_->backlogs() == 0) return false;
    return std::ranges::any_of(store_->vehicles(), [this](vehicle_id v) { return link_.comes_back(v); });
}

void telemetry_publisher::take_counts(std::map<std::uint32_t, measure::telemetry_counts>& by_group,
                                      measure::backlog_counts& backlogs) {
    if (load_start_ == never) return;
    if (persistence_) take_persistence_problem();
    for (std::uint32_t g = 0; g < counts_.size(); ++g) by_group[g] = std::exchange(counts_[g], {});
    if (store_) add_store_counts(by_group);
    backlogs = std::exchange(backlogs_, {});
}

// Due messages.

void telemetry_publisher::process() {
    armed_ = never;
    if (finished_) return;
    for (int n = 0; n < messages_per_call; ++n) {
        const auto due = plan_.take(since_start());
        if (!due) break;
        publish(*due);
    }
    reissue_due();
    arm();
}

/// An instant that has passed: after the events that are ready now.
void telemetry_publisher::arm() {
    const auto next = std::min(plan_.next(), reissues_.next());
    if (next == nanoseconds::max() || finished_) return;
    const auto at = std::max(load_start_ + next, link_.now());
    if (at >= armed_) return;
    armed_ = at;
    link_.arm(timer_, at);
}

void telemetry_publisher::publish(due_telemetry due) {
    if (sequences_) due.sequence = sequences_->next(due.vehicle, due.group, due.sequence);
    ++counts_[due.group].due;
    const bool can_send = link_.can_send(due.vehicle);
    if (!can_send && !store_) {
        record_lag(due);
        return not_sent(due.group, "the link is down, and the fleet has no store");
    }
    const auto now = link_.now();
    if (!composer_.compose(due, link_.wall_us(), now, message_)) return publish_without_payload(due);
    counts_[due.group].lag.record(now - (load_start_ + due.due));
    publish_composed(due, can_send);
}

void telemetry_publisher::record_lag(const due_telemetry& due) {
    counts_[due.group].lag.record(link_.now() - (load_start_ + due.due));
}

void telemetry_publisher::publish_composed(const due_telemetry& due, bool can_send) {
    const auto v = due.vehicle;
    auto& counts = counts_[due.group];
    const auto packet = contract::mqtt_message_of(message_, qos_of(message_));
    telemetry::stored_message m{.vehicle = v,
                                .group = due.group,
                                .sequence = due.sequence,
                                .due = due.due,
                                .qos = static_cast<std::uint8_t>(packet.quality),
                                .topic = message_.topic,
                                .payload = message_.payload};
    if (message_.expiry_s != 0) m.deadline = due.due + std::chrono::seconds{message_.expiry_s};
    if (!can_send || (store_ && store_->goes_through_store(v))) {
        store(m);
        return;
    }
    const auto error = send(m, packet, false);
    if (!error) {
        ++counts.sent;
        if (!store_) return;
        store_->live_sent(v);
        if (store_->has_backlog(v)) schedule_reissue(v);
    } else if (is_temporary(error) && !store_) {
        not_sent(due.group, error.message());
    } else if (is_temporary(error) && store(m) && link_.can_send(v)) {
        on_link_up(v);
    }
}

mqtt::qos telemetry_publisher::qos_of(const contract::outgoing_message& m) const {
    return m.qos ? static_cast<mqtt::qos>(*m.qos) : spec_.options.mqtt.response_qos;
}

void telemetry_publisher::not_sent(std::uint32_t group, const std::string& why) {
    ++counts_[group].unsent;
    ++counts_[group].reasons[why];
}

void telemetry_publisher::not_made(std::uint32_t group, const std::string& why) {
    ++counts_[group].errored;
    ++counts_[group].reasons[why];
}

/// Gives a message to the session. It may end meanwhile; then the message is handled as every one in flight.
/// Errors: is_temporary(); any other one is counted as a refusal.
std::error_code telemetry_publisher::send(const telemetry::stored_message& m, const mqtt::message& packet,
                                          bool from_store) {
    const auto v = m.vehicle;
    auto& counts = counts_[m.group];
    const auto begun = link_.now(); // before the bytes are sent, so that no tap can report an earlier time
    sending_ = v;
    const auto sent = link_.publish_telemetry(v, packet);
    sending_.reset();
    const auto ended = std::exchange(ended_while_sending_, std::nullopt);
    if (!sent.error) {
        const auto hash = listener_ != nullptr ? content_hash(m.payload) : 0;
        if (listener_ != nullptr) listener_->telemetry_sent(v, m.group, m.sequence, hash, begun);
        counts.bytes += m.payload.size();
        if (sent.packet_id != 0) {
            track(m, sent.packet_id, hash, from_store);
        } else {
            ++counts.acknowledged;
            if (sent.acknowledged && !from_store) counts.publish.record(link_.now() - (load_start_ + m.due));
            if (store_ && m.qos > 0) store_->acknowledged(m.position);
        }
    } else if (!is_temporary(sent.error)) {
        ++counts.refused;
        // QoS and retain flag are lowered to what the broker supports.
        ++counts.reasons[sent.error == mqtt::errc::refused_by_capability ? above_packet_limit : sent.error.message()];
        if (store_) store_->acknowledged(m.position);
    }
    if (ended) on_session_ended(v, *ended);
    return sent.error;
}

void telemetry_publisher::track(const telemetry::stored_message& m, std::uint16_t packet_id, std::uint64_t hash,
                                bool from_store) {
    auto& kept = in_flight_.add(slot_of(m.vehicle), packet_id);
    kept.due = m.due;
    kept.deadline = m.deadline;
    kept.sent = since_start();
    kept.bytes = static_cast<std::uint32_t>(m.payload.size());
    kept.position = m.position;
    kept.hash = hash;
    kept.group = m.group;
    kept.sequence = m.sequence;
    kept.qos = m.qos;
    kept.from_store = from_store;
    if (!store_) return;
    kept.topic = m.topic;
    kept.payload = m.payload;
}

// Sessions and acknowledgements.

void telemetry_publisher::on_session_begun(vehicle_id v, bool resumed) {
    const auto slot = slot_of(v);
    if (!in_flight_.is_suspended(slot)) return;
    if (!resumed) return give_back(slot);
    in_flight_.resume(slot, since_start());
    if (listener_ == nullptr) return;
    const auto now = link_.now();
    in_flight_.for_each(slot, [&](const auto& m) { listener_->telemetry_sent(v, m.group, m.sequence, m.hash, now); });
}

void telemetry_publisher::on_session_ended(vehicle_id v, session_end how) {
    if (sending_ == v) {
        ended_while_sending_ = how;
        return;
    }
    const auto slot = slot_of(v);
    if (how == session_end::by_broker && in_flight_.has(slot) && !in_flight_.is_suspended(slot)) refuse_first(v);
    if (!in_flight_.has(slot)) return;
    link_.keeps_messages(v) ? in_flight_.suspend(slot) : give_back(slot);
}

/// The broker has closed the link: takes the first message out if that is its way to refuse it.
void telemetry_publisher::refuse_first(vehicle_id v) {
    const auto slot = slot_of(v);
    const auto m = *in_flight_.first(slot);
    const bool is_sent_again = store_ || link_.keeps_messages(v);
    const closed_links::message first{.group = m.group, .sequence = is_sent_again ? m.sequence : 0};
    if (!closed_links_.closed(slot, first, since_start() - m.sent)) return;
    ++counts_[m.group].refused;
    ++counts_[m.group].reasons[closing_reason(m.group, m.bytes)];
    in_flight_.take(slot, m.packet_id);
    link_.discard_message(v, m.packet_id);
    if (store_) store_->acknowledged(m.position);
}

/// One text for all messages of a group, whose sizes differ.
const std::string& telemetry_publisher::closing_reason(std::uint32_t group, std::uint32_t bytes) {
    closing_reasons_.resize(counts_.size());
    auto& text = closing_reasons_[group];
    if (text.empty())
        text = fmt::format(
            "the broker closes the link whenever such a message is sent, one of {} bytes the first time: is "
            "that above its limit (mosquitto: max_packet_size)? Raise the limit, or send less in a message",
            bytes);
    return text;
}

bool telemetry_publisher::on_published(vehicle_id v, std::uint16_t packet_id, mqtt::reason why) {
    const auto slot = slot_of(v);
    // The session was not resumed: on_session_begun() follows.
    if (in_flight_.is_suspended(slot) && why == mqtt::reason::unspecified_error) return true;
    const auto* m = in_flight_.take(slot, packet_id);
    if (m != nullptr) {
        auto& counts = counts_[m->group];
        closed_links_.acknowledged(slot, {.group = m->group, .sequence = m->sequence});
        if (net::is_refusal(why)) {
            ++counts.refused;
            ++counts.reasons[to_string(why)];
        } else {
            ++counts.acknowledged;
            if (!m->from_store) counts.publish.record(link_.now() - (load_start_ + m->due));
        }
        if (store_) store_->acknowledged(m->position);
    }
    if (store_ && store_->has_backlog(v)) schedule_reissue(v); // the session may take one more
    return m != nullptr;
}

} // namespace loadsim::fleet
