// Store for telemetry of vehicles whose link is down.
#pragma once

#include <loadsim/telemetry/message_chunks.hpp>
#include <loadsim/telemetry/options.hpp>
#include <loadsim/telemetry/store_persistence.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::telemetry {

/// stored + restored + put_back = reissued + overwritten + expired + too_old + in_store.
struct store_counts {
    std::uint64_t stored = 0;
    std::uint64_t restored = 0;    ///< of an earlier start of loadsim
    std::uint64_t reissued = 0;    ///< given to the session
    std::uint64_t put_back = 0;    ///< of a session that ended before PUBACK
    std::uint64_t overwritten = 0; ///< for newer ones, above a limit
    std::uint64_t expired = 0;     ///< by message expiry
    std::uint64_t too_old = 0;     ///< above the limit of age
    std::uint64_t refused = 0;     ///< larger than a limit; not stored
    std::uint64_t in_store = 0;
};
BOOST_DESCRIBE_STRUCT(store_counts, (),
                      (stored, restored, reissued, put_back, overwritten, expired, too_old, refused, in_store))

/// A backlog, from its first stored message until it was drained.
struct drained_backlog {
    vehicle_id vehicle{};
    nanoseconds began{0};       ///< first message stored
    nanoseconds resumed{0};     ///< link up again, for the last time
    nanoseconds drained{0};     ///< last message re-issued, or found to have expired
    std::uint64_t reissued = 0; ///< messages
};

/// Telemetry of a shard's vehicles while they cannot send.
///
/// A vehicle with stored messages has a backlog. When its link is up: resume(), then front() and pop_front() while front() returns a
/// message; next_reissue() is the instant to ask again. A live message is put() into the store if goes_through_store(), otherwise it is
/// sent and reported by live_sent(). When the link breaks: put_back() of what was not acknowledged, and put() from then on.
/// Limits:  each vehicle by messages, bytes and age, all by bytes; above a limit the oldest message is overwritten, of all vehicles
///          together the one that was due first. Age and expiry are checked when a message comes to the front.
/// Shape:   a vehicle without a backlog takes no memory; without any backlog the store takes none.
/// Threads: one. Pure: it reads no clock; persistence writes.
class message_store {
public:
    using on_drained = std::function<void(const drained_backlog&)>;

    /// `options.total_bytes`: of this shard. The persistence may be null; memory and persistence must outlive the store.
    message_store(const store_options&, store_persistence*, on_drained,
                  std::pmr::memory_resource* = std::pmr::get_default_resource());

    /// Takes over the messages of an earlier start; before any other call.
    result<void> restore();

    /// False: the message is larger than a limit, and counted as refused. The message's position is ignored.
    bool put(const stored_message&, nanoseconds now);
    /// Messages of a vehicle in the order in which they were sent, to the front. Those of the store keep their position of pop_front().
    void put_back(std::span<const stored_message>, nanoseconds now);

    bool has_backlog(vehicle_id v) const { return !backlogs_.empty() && backlogs_.contains(index(v)); }
    std::vector<vehicle_id> vehicles() const; ///< with a backlog, in increasing order
    /// True: a live message is put into the store, because it would overtake older ones.
    bool goes_through_store(vehicle_id v) const {
        return options_.reissue.order == reissue_order::before_live && has_backlog(v);
    }

    void resume(vehicle_id, nanoseconds now); ///< the link is up
    void live_sent(vehicle_id);               ///< a live message was sent; stored ones get their share
    void end_live();                          ///< no live message follows: stored ones no longer wait for one

    /// The next message to re-issue; nullopt: there is none, or order and rate do not allow it yet. Views are valid until the store
    /// changes.
    std::optional<stored_message> front(vehicle_id, nanoseconds now);
    /// The front has been given to the session. With QoS 1 and 2 it stays in the database until acknowledged(). Expects: front().
    void pop_front(vehicle_id, nanoseconds now);
    /// The broker has acknowledged a message of pop_front(). Without persistence there is no need to call it.
    void acknowledged(std::int64_t position);
    /// Instant from which front() may return a message; nanoseconds::max(): not before a live message, or there is none.
    nanoseconds next_reissue(vehicle_id) const;

    /// Removes all messages at the front of a backlog that have expired or are too old, for exact counts at the end of a run.
    void remove_outdated(nanoseconds now);

    const store_counts& counts() const noexcept { return counts_; }
    const store_counts& counts(std::uint32_t group) const;             ///< of the messages of that group
    std::size_t backlogs() const noexcept { return backlogs_.size(); } ///< vehicles
    std::uint64_t bytes() const noexcept { return bytes_; }            ///< sum of stored_bytes()

private:
    struct backlog {
        backlog(vehicle_id v, nanoseconds since, std::pmr::memory_resource* memory)
            : messages(v, memory), began(since) {}
        message_chunks messages;
        nanoseconds began;
        std::optional<nanoseconds> resumed{};
        nanoseconds next_allowed = nanoseconds::min(); ///< by rate
        nanoseconds indexed = nanoseconds::max();      ///< due instant in oldest_; max(): it has none
        double live_share = 0;                         ///< stored messages that live ones have made room for
        std::uint64_t reissued = 0;
    };
    using backlog_map = std::pmr::unordered_map<std::uint32_t, backlog>;

    backlog& backlog_of(vehicle_id, nanoseconds since);
    bool may_reissue(const backlog&) const;
    void drop_outdated(backlog_map::iterator, nanoseconds now);
    using counter = std::uint64_t store_counts::*;
    void count(std::uint32_t group, counter);
    void drop_front(backlog&, counter, bool keep_row = false);
    void enforce_limits(backlog_map::iterator, nanoseconds now);
    bool front_changed(backlog_map::iterator, nanoseconds now); ///< false: the backlog was empty, and is no more
    void append(backlog&, const stored_message&);

    store_options options_;
    store_persistence* persistence_;
    on_drained drained_;
    std::pmr::memory_resource* memory_;
    backlog_map backlogs_;
    std::pmr::set<std::pair<nanoseconds, std::uint32_t>>
        oldest_; ///< fronts of all backlogs; empty without a limit for all
    std::uint64_t bytes_ = 0;
    std::int64_t position_first_ = 0; ///< least position so far
    std::int64_t position_last_ = 0;
    store_counts counts_;
    std::vector<store_counts> group_counts_; ///< by group; as many as have had a message
};

} // namespace loadsim::telemetry
