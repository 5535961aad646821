// Open request of the ledger.
#pragma once

#include "active_conditions.hpp"

#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/record.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::measure {

/// Messages of a request in compact form: all are kept while the request is open, few are ever recorded.
class message_log {
public:
    /// Limit per request; further messages are dropped.
    static constexpr std::size_t max_messages = 256;

    struct message {
        message_direction direction{};
        std::string_view head{};
        std::string_view payload{};
        monotonic_time at = never;
        std::uint64_t payload_bytes = payload.size(); ///< of the whole payload
    };
    void add(const message&);
    void set_time_of_first(monotonic_time); ///< if there is a message
    std::vector<message_record> to_records(monotonic_time load_start) const;
    std::uint32_t response_count() const noexcept { return response_count_; } ///< sent by the vehicle

private:
    struct stored_message {
        monotonic_time at;
        std::uint64_t bytes;    ///< of the payload
        std::uint32_t head_end; ///< offset in text_; the head begins at the end of the previous message
        std::uint32_t payload_end;
        message_direction direction;
    };
    std::vector<stored_message> messages_;
    std::string text_;
    std::uint32_t response_count_ = 0;
};

/// Evidence for one request id, from vehicle and platform.
struct id_evidence {
    std::string request; ///< the platform's id; empty: not yet known
    monotonic_time delivered = never, acked = never, finished = never, executed = never;
    bool retained = false;               ///< its command was a retained message
    std::optional<outcome> completion{}; ///< announced
    std::string reason{};
    monotonic_time observed = never;
    std::uint32_t observer_mask = 0;                ///< observers that reported the completion, one bit each
    std::uint32_t responses_observed = 0;           ///< responses observed at the broker
    std::optional<command_difference> difference{}; ///< of the delivered command, until the id is known to be ours
    message_log messages{};
};

struct open_request {
    due_request spec; ///< active conditions add expected outcomes and anomalies
    monotonic_time begun = never, sent = never, accepted = never;
    /// Until the platform's response the id is unknown: `own` holds the first new id, `candidates` the others; the
    /// response decides. Without an id in the response it is the first new one.
    id_evidence own{};
    std::vector<id_evidence> candidates{};
    message_log api_messages{}; ///< request to the API and its response: of this request, whatever its id is
    std::string traceparent{};
    bool id_known = false;                          ///< by driver or platform, not assumed
    std::optional<std::string> requested_service{}; ///< as the driver writes it; nullopt: the platform's name
    std::vector<std::string> requested_parameters{};
    outcome_set expected_of_conditions{};    ///< part of spec.expected
    bool unreachable = false;                ///< its vehicle was unreachable, at least temporarily
    bool executing = false;                  ///< its vehicle executes a command
    std::vector<std::uint32_t> conditions{}; ///< active during the request
    anomaly_set anomalies{};

    request_group group(std::uint32_t condition = any_condition) const {
        return {spec.service, spec.phase, spec.segment, condition};
    }

    void apply(const active_condition& t) {
        spec.expected.add(t.expected);
        expected_of_conditions.add(t.expected);
        spec.expected_anomalies.add(t.expected_anomalies);
        add_condition(t.condition);
    }
    void add_condition(std::uint32_t condition) {
        if (std::ranges::find(conditions, condition) == conditions.end()) conditions.push_back(condition);
    }
};

} // namespace loadsim::measure
