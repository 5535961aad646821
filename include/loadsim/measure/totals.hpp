// Everything a run has counted: what shards post, what merges, what budgets and reports read.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/measure/histogram.hpp>
#include <loadsim/measure/latency.hpp>
#include <loadsim/measure/record.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace loadsim::measure {

/// Requests by what became of them. due == the sum of the outcomes once nothing is in flight.
struct request_counts {
    std::uint64_t due = 0;
    std::uint64_t sent = 0;
    std::array<std::uint64_t, outcome_count> outcomes{};
    std::uint64_t unexpected = 0;

    std::uint64_t ended() const noexcept; ///< sum of the outcomes
    void add(const request_counts&);
    friend bool operator==(const request_counts&, const request_counts&) = default;
};

struct session_counts {
    std::uint64_t refused = 0;           ///< connects that failed: TCP, CONNACK, time-out
    std::uint64_t dropped = 0;           ///< sessions that stood and were lost, not closed by us
    std::uint64_t reconnects = 0;        ///< sessions that stood again after that
    std::uint64_t syn_retransmitted = 0; ///< connects whose SYN had to be sent again: a listen backlog that is full
    histogram connect;                   ///< TCP connect to CONNACK
    std::map<std::string, std::uint64_t> reasons; ///< why refused or dropped, by the error's text

    void add(const session_counts&);
};

/// The http driver's connections. Peaks are told by their growth, so that all of it can be added up over intervals.
struct http_counts {
    std::uint64_t allowed = 0;   ///< connections at most; 0: the http driver was not used
    std::uint64_t requests = 0;  ///< sent
    std::uint64_t opened = 0;    ///< TCP connections made
    std::uint64_t open_peak = 0; ///< the most at once; of several shards, each one's own most added up
    std::uint64_t busy_peak = 0; ///< the same of those with a request under way
    /// Of requests for which no connection was free: until one was, or the run's end. A part of the hop `lag`.
    histogram wait;
    std::uint64_t timed_out = 0;   ///< tries that got no answer, or no connection, in time
    std::uint64_t sent_again = 0;  ///< tries after the first: the platform may have got the request before
    std::uint64_t failed_over = 0; ///< to another base URL than the one whose turn it was

    void add(const http_counts&);
};

struct message_counts {
    std::uint64_t published = 0; ///< MQTT application messages sent by our sessions
    std::uint64_t received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;

    void add(const message_counts&);
};

/// Commands that waited at the broker for a vehicle that was away.
struct queued_counts {
    std::uint64_t delivered = 0;
    std::uint64_t out_of_order = 0; ///< of them: after one of a later request
    histogram waited;               ///< from sent to delivered

    void add(const queued_counts&);
};

/// What one occurrence of a condition did, and how it passed.
struct recovery_counts {
    std::uint64_t affected = 0; ///< vehicles whose session it took, or kept silent
    histogram back;             ///< of those that came back: from the occurrence's beginning until their session stood

    void add(const recovery_counts&);
};

/// One observer of the run.
struct observer_counts {
    std::uint64_t messages = 0;                   ///< that came to it
    std::uint64_t ends = 0;                       ///< of them, ends
    std::uint64_t first = 0;                      ///< of those: nobody had told the end before
    std::uint64_t disagreed = 0;                  ///< of those: another observer had told another end
    std::map<std::string, std::uint64_t> refused; ///< what it turned away, by why

    void add(const observer_counts&);
};

/// A command to many vehicles at once.
struct campaign_counts {
    std::uint64_t published = 0;
    std::uint64_t addressed = 0; ///< vehicles it is for
    std::uint64_t delivered = 0; ///< of them: that got it
    std::uint64_t returned = 0;  ///< of those: that were away when it was due, and got it when they came back
    std::uint64_t repeated = 0;  ///< came once more to a vehicle that had it
    histogram latency;           ///< from due to delivered, of all that got it

    void add(const campaign_counts&);
};

/// What happened where loadsim stood in for the broker's API.
struct broker_api_counts {
    // Of the platform's requests to us, each one once.
    std::uint64_t accepted = 0;  ///< commands that went on to their vehicle
    std::uint64_t refused = 0;   ///< on purpose
    std::uint64_t reset = 0;     ///< on purpose
    std::uint64_t malformed = 0; ///< not HTTP, over a limit, a path or method that there is not, no such vehicle
    std::uint64_t slowed = 0;    ///< of those accepted: on purpose

    // Of words to the platform.
    std::uint64_t posted = 0;      ///< answered with 2xx
    std::uint64_t turned_down = 0; ///< answered with something else
    std::uint64_t failed = 0;      ///< no answer, or no connection
    std::uint64_t dropped = 0;     ///< too many were waiting, or there is no inbound URL
    std::uint64_t duplicated = 0;  ///< posted once more on purpose; counted under the above, too

    /// What was malformed, turned down, failed and dropped: "inbound: 503" -> 12.
    std::map<std::string, std::uint64_t> reasons;

    void add(const broker_api_counts&);
    friend bool operator==(const broker_api_counts&, const broker_api_counts&) = default;
};

/// What a shard has seen since its last post; or, added up, what a run has seen.
struct totals {
    /// (segment, service, expected, observed) -> count
    using matrix_key = std::tuple<std::uint32_t, std::uint32_t, outcome_set, outcome>;
    /// (condition, its n-th occurrence)
    using occurrence_key = std::pair<std::uint32_t, std::uint32_t>;

    request_counts requests;
    std::vector<request_counts> phases; ///< by phase index
    std::map<matrix_key, std::uint64_t> matrix;
    latency_table latencies;
    session_counts sessions;
    message_counts messages;
    http_counts http;
    queued_counts queued;
    std::map<occurrence_key, recovery_counts> recoveries;
    std::map<std::uint32_t, observer_counts> observers; ///< by index
    std::map<std::uint32_t, campaign_counts> campaigns; ///< by index
    broker_api_counts broker_api;
    std::map<std::string, std::uint64_t> misfits; ///< sentences about what the contract looks for and never found
    std::array<std::uint64_t, anomaly_count> anomalies{}; ///< but for the provoked ones
    std::array<std::uint64_t, anomaly_count> provoked{};
    std::map<std::string, std::uint64_t> errors; ///< why requests errored or were skipped
    std::uint64_t not_recorded = 0;              ///< anomalies and session events beyond what is written down
    // Of the interval only; the run's writer takes them away.
    std::vector<request_record> requests_told;
    std::vector<anomaly_record> anomalies_told;
    std::vector<session_record> sessions_told;

    void add(const totals&); ///< everything but what is told
    void tell(totals&&);     ///< takes over what the other tells
};

/// What a run is called in reports: names for the indexes used above.
struct legend {
    std::vector<std::string> services;
    std::vector<std::string> phases;
    std::vector<std::string> segments;
    std::vector<std::string> behaviours; ///< of each segment, same index
    std::vector<std::string> conditions;
    std::vector<std::string> observers{}; ///< "mqtt", "webhook" ...; of several of one kind with their number
    std::vector<std::string> campaigns{};

    std::string observer(std::uint32_t which) const {
        return which < observers.size() ? observers[which] : "the platform";
    }
};

} // namespace loadsim::measure
