#include <loadsim/measure/delivery_reconciliation.hpp>

#include <loadsim/base/counters.hpp>

#include <limits>
#include <utility>

namespace loadsim::measure {
namespace {

constexpr std::uint64_t remembered_sequences = 64; // bits of stream::matched
constexpr std::size_t kept_buckets = 1'024;        // of streams with messages in flight, when there are none

std::uint32_t saturated(std::uint64_t number) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace

delivery_reconciliation::delivery_reconciliation(const reconciliation_options& options, fleet_partition owned,
                                                 std::uint32_t vehicles, std::uint32_t groups, outputs out)
    : options_(options), owned_(owned), groups_(groups), outputs_(std::move(out)), by_group_(groups) {
    streams_.resize(std::size_t{owned.size(vehicles)} * groups);
}

delivery_reconciliation::location delivery_reconciliation::locate(vehicle_id v, std::uint32_t group) const {
    return {v, group, std::size_t{owned_.slot_of(v)} * groups_ + group};
}

delivery_reconciliation::location delivery_reconciliation::locate(std::uint64_t stream_index) const {
    return {owned_.vehicle_at(static_cast<std::uint32_t>(stream_index / groups_)),
            static_cast<std::uint32_t>(stream_index % groups_), static_cast<std::size_t>(stream_index)};
}

bool delivery_reconciliation::is_matched(const stream& s, std::uint64_t sequence) {
    if (s.matched == 0 || sequence > s.highest_matched) return false;
    const auto back = s.highest_matched - sequence;
    return back < remembered_sequences && (s.matched >> back & 1U) != 0;
}

bool delivery_reconciliation::is_too_old(const stream& s, std::uint64_t sequence) {
    return s.matched != 0 && sequence < s.highest_matched && s.highest_matched - sequence >= remembered_sequences;
}

void delivery_reconciliation::set_matched(stream& s, std::uint64_t sequence) {
    if (s.matched == 0 || sequence > s.highest_matched) {
        const auto forward = s.matched == 0 ? remembered_sequences : sequence - s.highest_matched;
        s.matched = (forward >= remembered_sequences ? 0 : s.matched << forward) | 1U;
        s.highest_matched = sequence;
    } else if (!is_too_old(s, sequence)) {
        s.matched |= std::uint64_t{1} << (s.highest_matched - sequence);
    }
}

std::uint32_t delivery_reconciliation::distance_behind(const stream& s, std::uint64_t sequence) {
    return s.matched != 0 && sequence < s.highest_matched ? saturated(s.highest_matched - sequence) : 0;
}

void delivery_reconciliation::report(delivery_finding::kind what, const location& l, std::uint64_t sequence) {
    if (outputs_.finding) outputs_.finding({what, l.vehicle, l.group, sequence});
}

delivery_reconciliation::window_entry delivery_reconciliation::open_window(const location& l) {
    return windows_.try_emplace(l.index).first;
}

/// Messages are reported in order of their sequences, apart from those of a store: a new one is nearly always the last.
std::vector<delivery_reconciliation::message>::iterator
delivery_reconciliation::insert(const location& l, window& w, const message& m, monotonic_time now) {
    if (w.messages.size() >= options_.window || (in_flight_ >= options_.in_flight_limit && !w.messages.empty()))
        make_room(l, w, now);
    ++in_flight_;
    if (m.what == message::kind::sent) ++awaited_;
    return w.messages.insert(std::ranges::lower_bound(w.messages, m.sequence, {}, &message::sequence), m);
}

void delivery_reconciliation::erase(window_entry w, std::vector<message>::iterator m) {
    auto& messages = w->second.messages;
    if (m->what == message::kind::reissued) --w->second.reissued;
    if (m->what == message::kind::sent) --awaited_;
    messages.erase(m);
    --in_flight_;
    if (!messages.empty()) return;
    windows_.erase(w);
    if (windows_.empty() && windows_.bucket_count() > kept_buckets) windows_ = decltype(windows_)();
}

/// Removes the oldest message of the stream.
void delivery_reconciliation::make_room(const location& l, window& w, monotonic_time now) {
    const auto oldest = std::ranges::min_element(w.messages, {}, &message::at);
    auto& counts = by_group_[l.group];
    switch (oldest->what) {
    case message::kind::sent:
        --awaited_;
        streams_[l.index].fell_out = true;
        if (is_consuming_ && now - std::max(oldest->at, consuming_since_) >= options_.deadline) {
            ++counts.lost;
            report(delivery_finding::kind::lost, l, oldest->sequence);
        } else {
            ++counts.sent_not_reconciled;
            report(delivery_finding::kind::not_reconciled, l, oldest->sequence);
        }
        break;
    case message::kind::early:
        counts.consumed_not_reconciled += oldest->copies;
        report(delivery_finding::kind::not_reconciled, l, oldest->sequence);
        break;
    case message::kind::reissued: --w.reissued; break;
    }
    w.messages.erase(oldest);
    --in_flight_;
}

/// Of a message that was sent again because the first copy had not arrived, no more copies follow.
void delivery_reconciliation::drop_late_copies(window& w, monotonic_time now) {
    if (w.reissued == 0) return;
    const auto dropped = std::erase_if(w.messages, [&](const message& m) {
        return m.what == message::kind::reissued && now - m.at >= options_.deadline;
    });
    w.reissued -= static_cast<std::uint32_t>(dropped);
    in_flight_ -= dropped;
}

void delivery_reconciliation::sent(vehicle_id v, std::uint32_t group, std::uint64_t sequence, std::uint64_t hash,
                                   monotonic_time at) {
    const auto l = locate(v, group);
    auto& s = streams_[l.index];
    auto& counts = by_group_[group];
    const auto w = open_window(l);
    drop_late_copies(w->second, at);
    auto& messages = w->second.messages;
    const auto known = std::ranges::lower_bound(messages, sequence, {}, &message::sequence);
    const bool is_known = known != messages.end() && known->sequence == sequence;
    if (is_known && known->what != message::kind::early) {
        ++counts.reissued;
        ++known->copies;
        return;
    }
    if (!is_known && is_matched(s, sequence)) {
        ++counts.reissued;
        ++w->second.reissued;
        insert(l, w->second, {.sequence = sequence, .hash = hash, .at = at, .what = message::kind::reissued}, at);
        return;
    }
    ++counts.sent;
    const message one{
        .sequence = sequence, .hash = hash, .at = at, .sent_late = s.has_sent && sequence < s.highest_sent};
    s.highest_sent = s.has_sent ? std::max(s.highest_sent, sequence) : sequence;
    s.has_sent = true;
    last_sent_ = std::max(last_sent_, at);
    if (is_known)
        resolve_early(l, w, known, one);
    else
        insert(l, w->second, one, at);
}

/// A message is out of order if one with a higher sequence was consumed before it. Of early ones it is not yet known whether a
/// vehicle sent them: the nearest one counts the message when it is reported as sent.
void delivery_reconciliation::check_order(const location& l, window& w, std::uint64_t sequence,
                                          std::uint32_t consumed_number, std::uint32_t behind) {
    auto& counts = by_group_[l.group];
    if (behind != 0) {
        ++counts.out_of_order;
        counts.largest_distance.merge({behind});
        report(delivery_finding::kind::out_of_order, l, sequence);
        return;
    }
    bool is_counted = false;
    for (auto later = std::ranges::upper_bound(w.messages, sequence, {}, &message::sequence); later != w.messages.end();
         ++later) {
        if (later->what != message::kind::early || later->consumed_number >= consumed_number) continue;
        if (!std::exchange(is_counted, true)) ++later->overtaken;
        later->largest_overtaken = std::max(later->largest_overtaken, saturated(later->sequence - sequence));
    }
}

void delivery_reconciliation::match(const location& l, window& w, const message& sent, const message& found) {
    auto& counts = by_group_[l.group];
    if (!sent.sent_late) check_order(l, w, sent.sequence, found.consumed_number, found.behind);
    set_matched(streams_[l.index], sent.sequence);
    if (sent.hash != 0 && found.hash != 0 && sent.hash != found.hash) {
        ++counts.corrupted;
        report(delivery_finding::kind::corrupted, l, sent.sequence);
    } else {
        ++counts.matched;
    }
    if (outputs_.deliver) outputs_.deliver(l.group, std::max(found.at - sent.at, nanoseconds{0}));
    if (!found.appended) return;
    if (*found.appended + append_time_resolution <= sent.at)
        ++counts.clock_difference;
    else if (outputs_.bridge)
        outputs_.bridge(l.group, std::max(*found.appended - sent.at, nanoseconds{0}));
}

void delivery_reconciliation::resolve_early(const location& l, window_entry w, std::vector<message>::iterator early,
                                            const message& sent) {
    const auto found = *early;
    auto& counts = by_group_[l.group];
    match(l, w->second, sent, found);
    counts.out_of_order += found.overtaken;
    counts.largest_distance.merge({found.largest_overtaken});
    for (std::uint32_t i = 0; i < found.overtaken; ++i) report(delivery_finding::kind::out_of_order, l, found.sequence);
    counts.duplicated += found.copies - 1U;
    for (std::uint32_t i = 1; i < found.copies; ++i) report(delivery_finding::kind::duplicated, l, found.sequence);
    erase(w, early);
}

void delivery_reconciliation::consumed(const consumed_record& r) {
    const auto l = locate(r.vehicle, r.group);
    auto& counts = by_group_[r.group];
    ++counts.consumed;
    if (r.wrong_key) {
        ++counts.wrong_key;
        report(delivery_finding::kind::wrong_key, l, r.sequence);
    }
    const auto w = windows_.find(l.index);
    message found{.sequence = r.sequence, .hash = r.hash, .at = r.consumed, .appended = r.appended};
    found.behind = distance_behind(streams_[l.index], r.sequence);
    if (w == windows_.end()) return consume_unmatched(l, found);
    found.consumed_number = ++w->second.consumed;
    auto& messages = w->second.messages;
    const auto known = std::ranges::lower_bound(messages, r.sequence, {}, &message::sequence);
    if (known == messages.end() || known->sequence != r.sequence) return consume_unmatched(l, found);
    switch (known->what) {
    case message::kind::early: ++known->copies; break;
    case message::kind::reissued:
        ++counts.reissue_duplicates;
        if (--known->copies == 0) erase(w, known);
        break;
    case message::kind::sent:
        match(l, w->second, *known, found);
        if (known->copies == 1) {
            erase(w, known);
        } else {
            --known->copies;
            --awaited_;
            known->what = message::kind::reissued;
            ++w->second.reissued;
        }
        break;
    }
}

void delivery_reconciliation::consume_unmatched(const location& l, const message& found) {
    const auto& s = streams_[l.index];
    auto& counts = by_group_[l.group];
    if (is_matched(s, found.sequence)) {
        ++counts.duplicated;
        report(delivery_finding::kind::duplicated, l, found.sequence);
    } else if (is_too_old(s, found.sequence) || (s.fell_out && found.sequence < s.highest_sent)) {
        ++counts.consumed_not_reconciled;
        report(delivery_finding::kind::not_reconciled, l, found.sequence);
    } else {
        auto early = found;
        early.what = message::kind::early;
        auto& w = open_window(l)->second;
        if (early.consumed_number == 0) early.consumed_number = ++w.consumed;
        insert(l, w, early, found.at);
    }
}

void delivery_reconciliation::consumed_unknown_vehicle() {
    ++unassigned_.consumed;
    ++unassigned_.unknown_vehicle;
}

void delivery_reconciliation::consumed_without_sequence() {
    ++unassigned_.consumed;
    ++unassigned_.without_sequence;
}

void delivery_reconciliation::set_consuming(bool is_consuming, monotonic_time now) noexcept {
    if (is_consuming && !is_consuming_) consuming_since_ = now;
    is_consuming_ = is_consuming;
}

void delivery_reconciliation::finish() {
    for (const auto& [stream_index, w] : windows_) {
        const auto l = locate(stream_index);
        auto& counts = by_group_[l.group];
        for (const auto& m : w.messages) {
            if (m.what == message::kind::sent) {
                ++(is_consuming_ ? counts.lost : counts.sent_not_reconciled);
                report(is_consuming_ ? delivery_finding::kind::lost : delivery_finding::kind::not_reconciled, l,
                       m.sequence);
            } else if (m.what == message::kind::early) {
                counts.foreign += m.copies;
                for (std::uint32_t i = 0; i < m.copies; ++i) report(delivery_finding::kind::foreign, l, m.sequence);
            }
        }
    }
    windows_.clear();
    in_flight_ = 0;
    awaited_ = 0;
}

std::uint64_t delivery_reconciliation::awaited(monotonic_time now) const noexcept {
    return now < last_sent_ + options_.deadline ? awaited_ : 0;
}

delivery_counts delivery_reconciliation::take_counts(std::uint32_t group) {
    return std::exchange(by_group_.at(group), {});
}

delivery_counts delivery_reconciliation::total() const {
    auto sum = unassigned_;
    for (const auto& counts : by_group_) add(sum, counts);
    return sum;
}

} // namespace loadsim::measure
