// Anomalies: protocol violations that the ledger counts and that scenarios can expect.
#pragma once

#include <loadsim/base/enum_names.hpp>

#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim {

/// Kinds of anomalies; the names are those of summary.json. Each fault is counted once, under the first kind of this list
/// that applies.
enum class anomaly : std::uint8_t {
    command_duplicated,   ///< a vehicle received one request's command twice
    command_out_of_order, ///< ... after the command of a later request of that vehicle
    command_late,         ///< ... after the request had ended
    command_lost,        ///< ... never, though it had a session all the while and the platform had accepted the request
    concurrent_request,  ///< a vehicle received another request's command while one of this run was active
    command_unsolicited, ///< a vehicle received a command that belongs to no request of this run
    command_wrong_service,    ///< a vehicle received a command for another service than the requested one
    command_wrong_parameters, ///< ... with other parameters than the requested ones
    executed_twice,           ///< a vehicle executed one command twice
    response_lost,       ///< a response of a vehicle never arrived: a sequence gap, or a time-out despite the response
    response_duplicated, ///< a response of a vehicle arrived twice over the broker
    response_out_of_order,      ///< a response of a vehicle arrived after a later one
    completion_duplicated,      ///< the platform announced one completion twice
    completion_contradicted,    ///< ... with different outcomes
    observers_disagree,         ///< two observers of the run saw different outcomes of one request
    completion_unknown,         ///< a completion for a request that is not of this run
    completion_before_response, ///< executed or failed was announced before the final response of the vehicle
    completion_missing,         ///< an accepted request whose completion was never announced
    malformed_payload,          ///< a command or an event that could not be parsed
    unauthorized_accepted,      ///< a vehicle with wrong credentials got a session
    negative_sample,            ///< a hop with a negative duration
};
BOOST_DESCRIBE_ENUM(anomaly, command_duplicated, command_out_of_order, command_late, command_lost, concurrent_request,
                    command_unsolicited, command_wrong_service, command_wrong_parameters, executed_twice, response_lost,
                    response_duplicated, response_out_of_order, completion_duplicated, completion_contradicted,
                    observers_disagree, completion_unknown, completion_before_response, completion_missing,
                    malformed_payload, unauthorized_accepted, negative_sample)
inline constexpr auto anomaly_names = enum_names<anomaly>;
inline constexpr std::size_t anomaly_count = anomaly_names.size();
constexpr std::string_view to_string(anomaly a) { return enum_name(a); }
constexpr std::optional<anomaly> parse_anomaly(std::string_view name) { return parse_enum<anomaly>(name); }

/// Set of anomalies, for example those that a behaviour or a condition expects.
class anomaly_set {
public:
    constexpr bool contains(anomaly a) const { return (bits_ >> static_cast<unsigned>(a) & 1U) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr void add(anomaly a) { bits_ |= 1U << static_cast<unsigned>(a); }
    constexpr void add(anomaly_set more) { bits_ |= more.bits_; }
    friend constexpr bool operator==(const anomaly_set&, const anomaly_set&) = default;

private:
    std::uint32_t bits_ = 0;
};

} // namespace loadsim
