// What the ledger holds, and how it closes, counts and tells.
#pragma once

#include "describing.hpp"
#include "entry.hpp"
#include "heard_words.hpp"
#include "past_requests.hpp"
#include "touches.hpp"
#include "unfinished_records.hpp"

#include <loadsim/measure/ledger.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace loadsim::measure {

/// Beyond so many of a run's shard they are only counted.
inline constexpr std::uint64_t anomalies_told_at_most = 10'000;
inline constexpr std::uint64_t sessions_told_at_most = 100'000;
/// A vehicle's word that comes later than this after the end of its request is not looked for.
inline constexpr nanoseconds last_word_within = std::chrono::seconds{30};

/// That another request's command came at `t`, when the entry's request was active.
std::string second_active_text(const entry&, monotonic_time t);

struct ledger::state {
    legend names;
    std::function<std::string(vehicle_id)> vin_of;
    nanoseconds patience;
    recording what_to_tell;
    monotonic_time load_start{};

    std::unordered_map<std::uint32_t, entry> open{};
    std::unordered_set<std::uint32_t> away{};
    std::unordered_set<std::uint32_t> resumed{}; ///< back, and no new word has come since
    past_requests past{};
    heard_words words{};
    touches touching{};
    unfinished_records unfinished{};
    totals seen{};
    std::uint64_t anomalies_told = 0;
    std::uint64_t sessions_told = 0;

    entry* of(vehicle_id);
    entry* of(request_key);
    /// What the open request's vehicle and platform have shown of this id; nullptr: the id is known to be another's.
    trace* find(entry&, std::string_view request);
    past_request* before(vehicle_id, std::string_view request);
    delivery come_late(vehicle_id, past_request&, monotonic_time);
    void waited(monotonic_time since, monotonic_time delivered, bool out_of_order);

    // ends.cpp
    /// Of the first end of an id and what told it: an observer has seen another one. nullopt: it only confirms the first.
    struct second_end {
        anomaly what{};
        std::string evidence;
    };
    std::optional<second_end> second(outcome first, monotonic_time first_at, std::uint32_t& seen_by, outcome,
                                     std::string_view reason, monotonic_time, std::uint32_t observer);

    // closing.cpp
    void judge_end(entry&);
    void disown(entry&, trace, bool active, monotonic_time now);
    void disown_others(entry&, bool active, monotonic_time now);
    void close(vehicle_id, outcome, std::string_view why, monotonic_time observed);
    void tell(const entry&, const closing&);
    void tell_unfinished(monotonic_time now);
    void count(const due_request&, outcome, bool unexpected);
    void measure(entry&, outcome, monotonic_time observed);
    void sample(hop, entry&, nanoseconds, monotonic_time at);
    void remember(vehicle_id, past_request, monotonic_time now);
    void lose(vehicle_id, const past_request&, monotonic_time at);
    void lose(const heard_words::gap&);

    /// One thing that went wrong. `provokes`: what its request means to bring about.
    struct oddity {
        anomaly what{};
        std::string_view request{};
        anomaly_set provokes{};
        monotonic_time at{};
    };
    void note(std::optional<vehicle_id>, const oddity&, std::string evidence);
    void note(entry&, anomaly, std::string_view request, monotonic_time at, std::string evidence);
};

} // namespace loadsim::measure
