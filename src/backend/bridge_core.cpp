#include "bridge_core.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/mqtt/packet.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::backend {
namespace {

constexpr std::size_t max_held = 1'000;
constexpr std::size_t max_stalled = 100'000;
constexpr std::uint64_t bridge_draw_key = std::uint64_t{4} << 32U; // those of the backend's messages are 0 to 3

/// Changes a byte and keeps JSON valid: a blank more after the first bracket, else the last byte.
void corrupt(std::string& payload) {
    if (!payload.empty() && (payload.front() == '{' || payload.front() == '['))
        payload.insert(1, 1, ' ');
    else if (!payload.empty())
        payload.back() = static_cast<char>(payload.back() ^ 1);
    else
        payload = " ";
}

void append_member(std::string_view name, std::string_view text, std::string& json) {
    json += fmt::format("{}\"{}\":\"", json.size() > 1 ? "," : "", name);
    append_json_escaped(text, json);
    json += '"';
}

/// The fields of EMQX's default value `${.}` that a tap may read.
std::string envelope_of(std::string_view key, const contract::message_view& m, std::uint8_t qos,
                        std::string_view payload, std::int64_t epoch_ms) {
    std::string json = "{";
    append_member("clientid", key, json);
    append_member("topic", m.topic, json);
    append_member("payload", payload, json);
    json += fmt::format(",\"qos\":{},\"timestamp\":{}}}", qos, epoch_ms);
    return json;
}

} // namespace

problems check(const bridge_options& options) {
    problems wrong;
    if (options.rules.empty()) wrong.add(".rules", "a bridge without a rule forwards nothing");
    for (std::size_t i = 0; i < options.rules.size(); ++i) {
        const auto at = fmt::format(".rules[{}]", i);
        const auto& r = options.rules[i];
        if (!mqtt::valid_topic_filter(r.filter))
            wrong.add(at + ".filter", fmt::format("'{}' is no MQTT topic filter; write, say, v1/+/tlm/#", r.filter));
        if (r.topic.empty()) wrong.add(at + ".topic", "a record needs a Kafka topic");
        if (auto key = contract::field_path::parse(r.key); !key)
            wrong.add(at + ".key", key.error().list.front().text);
        else if (r.key.empty())
            wrong.add(at + ".key", "without a key the records of a vehicle have no order; write, say, topic[1]");
    }
    for (std::size_t i = 0; i < options.faults.size(); ++i) {
        const auto& f = options.faults[i];
        if (f.what == bridge_fault::kind::reorder && f.distance == 0)
            wrong.add(fmt::format(".faults[{}].distance", i),
                      "a record that follows no other is in order; write 1 or more");
        if (f.what == bridge_fault::kind::stall && f.delay <= nanoseconds{0})
            wrong.add(fmt::format(".faults[{}].delay", i), "a stall needs a length above 0");
    }
    return wrong;
}

bridge_core::bridge_core(const bridge_options& options, std::vector<bridged_stream> streams, forward_handler on_forward)
    : faults_(options.seed), on_forward_(std::move(on_forward)), bridged_(std::move(streams)) {
    reorders_ =
        std::ranges::any_of(options.faults, [](const auto& f) { return f.what == bridge_fault::kind::reorder; });
    for (const auto& r : options.rules) rules_.push_back({r, contract::field_path::parse(r.key).value()});
    std::uint64_t added = 0;
    for (const auto& f : options.faults) faults_.add(f, bridge_draw_key | added++);
}

void bridge_core::receive(const contract::message_view& m, std::uint8_t qos, std::int64_t epoch_ms,
                          monotonic_time now) {
    run(now);
    ++counts_.received;
    bool is_matched = false;
    for (const auto& r : rules_) {
        if (!mqtt::matches(r.rule.filter, m.topic)) continue;
        is_matched = true;
        bridge_record made{.topic = r.rule.topic, .key = {}, .value = {}, .timestamp_ms = epoch_ms};
        if (!contract::message_parser(m).extract(r.key, made.key) || made.key.empty()) ++counts_.without_key;
        submit(r, std::move(made), m.payload, m, qos, now);
    }
    if (!is_matched) ++counts_.unmatched;
}

void bridge_core::submit(const compiled_rule& r, bridge_record made, std::string_view original,
                         const contract::message_view& m, std::uint8_t qos, monotonic_time now) {
    std::string payload(original);
    const auto own_key = made.key;
    const auto* fault = faults_.next();
    if (fault != nullptr && !apply(*fault, made, payload, now)) fault = nullptr;
    const auto is = [fault](bridge_fault::kind what) { return fault != nullptr && fault->what == what; };
    if (fault != nullptr && !is(bridge_fault::kind::reorder)) ++counts_.faults[static_cast<std::size_t>(fault->what)];
    if (own_key != last_key_) last_other_key_ = std::exchange(last_key_, own_key);
    if (is(bridge_fault::kind::drop) && !reorders_) return;

    made.value = r.rule.value == bridge_rule::form::payload ? std::move(payload)
                                                            : envelope_of(own_key, m, qos, payload, made.timestamp_ms);
    const int copies = is(bridge_fault::kind::drop) ? 0 : is(bridge_fault::kind::duplicate) ? 2 : 1;
    const auto at = reorders_ ? position_of(made, m.topic) : std::nullopt;
    if (!at) {
        for (int n = 0; n < copies; ++n) forward(made);
        return;
    }
    auto& s = streams_[at->stream];
    const bool is_latest = !s.highest || at->sequence > *s.highest;
    if (is_latest) s.highest = at->sequence;
    if (is(bridge_fault::kind::reorder) && is_latest && held_count_ < max_held) {
        s.held.push_back({.remaining = fault->distance, .sequence = at->sequence, .record = std::move(made)});
        ++held_count_;
    } else if (copies != 0) {
        // Under another key it is in another partition, of which no order holds.
        forward_in_order(made, s, at->sequence, {.copies = copies, .is_followed = !is(bridge_fault::kind::swap_keys)});
    }
}

/// False: the fault cannot be applied to this record.
bool bridge_core::apply(const bridge_fault& one, bridge_record& made, std::string& payload, monotonic_time now) {
    switch (one.what) {
    case bridge_fault::kind::drop:
    case bridge_fault::kind::duplicate:
    case bridge_fault::kind::reorder: return true;
    case bridge_fault::kind::swap_keys: {
        const auto& other = made.key != last_key_ ? last_key_ : last_other_key_;
        if (other.empty()) return false; // no other vehicle yet
        made.key = other;
        return true;
    }
    case bridge_fault::kind::stall:
        if (stalled_until_ != never) return false;
        stalled_until_ = now + one.delay;
        return true;
    case bridge_fault::kind::corrupt: corrupt(payload); return true;
    }
    return false;
}

/// As the tap of the record's topic reads it. Without a tap: the records of an MQTT topic are numbered. nullopt: the tap does not compare it.
std::optional<bridge_core::stream_position> bridge_core::position_of(const bridge_record& made,
                                                                     std::string_view mqtt_topic) {
    const auto tapped = std::ranges::find(bridged_, made.topic, &bridged_stream::topic);
    if (tapped == bridged_.end()) {
        auto name = fmt::format("{}\n{}", made.topic, mqtt_topic);
        const auto& highest = streams_[name].highest;
        return stream_position{std::move(name), highest.value_or(0) + 1};
    }
    const auto m = tapped->mapping.read({.topic = made.topic, .key = made.key, .value = made.value});
    const auto& vehicle = m.payload_vehicle.empty() ? m.key_vehicle : m.payload_vehicle;
    if (vehicle.empty() || !m.group || !m.sequence) return std::nullopt;
    return stream_position{fmt::format("{}\n{}\n{}", made.topic, vehicle, *m.group), *m.sequence};
}

/// Forwards the record, and those that have waited for it.
void bridge_core::forward_in_order(const bridge_record& made, stream& s, std::uint64_t sequence, forwarding how) {
    release(s, [&](const held_record& h) { return h.sequence == sequence; }); // a copy does not change the order
    for (int n = 0; n < how.copies; ++n) forward(made);
    for (auto& h : s.held) {
        if (h.sequence > sequence) continue;
        h.is_overtaken = true;
        if (how.is_followed) --h.remaining;
    }
    release(s, [](const held_record& h) { return h.remaining == 0; });
}

template <class Predicate>
void bridge_core::release(stream& s, const Predicate& is_due) {
    for (auto h = s.held.begin(); h != s.held.end();) {
        if (!is_due(*h)) {
            ++h;
            continue;
        }
        if (h->is_overtaken) ++counts_.faults[static_cast<std::size_t>(bridge_fault::kind::reorder)];
        forward(h->record);
        h = s.held.erase(h);
        --held_count_;
    }
}

void bridge_core::forward(const bridge_record& made) {
    if (stalled_until_ != never && stalled_.size() < max_stalled) {
        stalled_.push_back(made);
        return;
    }
    if (stalled_until_ != never) run(never);
    ++counts_.forwarded;
    on_forward_(made);
}

void bridge_core::run(monotonic_time now) {
    if (now < stalled_until_) return;
    stalled_until_ = never;
    for (const auto& made : std::exchange(stalled_, {})) forward(made);
}

monotonic_time bridge_core::next_due() const { return stalled_until_; }

void bridge_core::finish() {
    run(never);
    for (auto& [name, s] : streams_) release(s, [](const held_record&) { return true; });
}

bridge_counts bridge_core::counts() const {
    auto all = counts_;
    all.waiting = held_count_ + stalled_.size();
    return all;
}

} // namespace loadsim::backend
