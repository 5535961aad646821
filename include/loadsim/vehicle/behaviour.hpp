// Vehicle behaviour: configured reaction to a command, as data.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/program_options.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/certificate/issuer.hpp>
#include <loadsim/vehicle/delay.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::vehicle {

/// Response of a vehicle to a request, and its deliberate errors.
struct response_step {
    enum class kind : std::uint8_t {
        ack,      ///< acknowledges the command
        running,  ///< reports progress
        executed, ///< final response: success
        failed,   ///< final response: failure with `code`
    };
    enum class correlation : std::uint8_t {
        own,      ///< the current request
        previous, ///< the vehicle's previous request; a random id if none
        other,    ///< current request of another vehicle; a random id if none
        unknown,  ///< a random id
    };
    enum class corruption : std::uint8_t {
        none,
        malformed, ///< invalid JSON
        empty,     ///< zero bytes
        oversized, ///< larger than contract::payload_limit
    };
    response_step::kind type = kind::ack;
    std::string code;                                      ///< failure code, for `failed` only
    response_step::correlation request = correlation::own; ///< request id in the response
    bool foreign_vin = false;                              ///< contains the VIN of another vehicle
    response_step::corruption payload = corruption::none;

    bool is_final() const { return type == kind::executed || type == kind::failed; }
    /// True: a correct platform accepts the response for the current request.
    bool is_well_formed() const { return request == correlation::own && !foreign_vin && payload == corruption::none; }
    friend bool operator==(const response_step&, const response_step&) = default;
};

enum class disconnect_kind : std::uint8_t {
    clean,     ///< DISCONNECT; the broker does not publish the will
    abrupt,    ///< connection reset (RST)
    half_open, ///< connection abandoned without DISCONNECT or close; the broker detects it by keep alive
};

struct branch;

struct step {
    enum class kind : std::uint8_t {
        wait,    ///< wait for `duration`
        respond, ///< send `response`; without an `execute` step, the first `executed` response also counts as an execution
        execute,    ///< execute the service
        drop,       ///< send no more responses: ends the behaviour
        disconnect, ///< disconnect, by kind `disconnect`; until `reconnect` or the end of the behaviour
        reconnect,  ///< reconnect at once; continue when subscribed
        takeover,   ///< a second client connects with the same client id, and disconnects after `duration`
        stall,      ///< stop reading the socket for `duration`: slow consumer
        choose,     ///< execute one of the branches, chosen by weight
        ask,        ///< take the steps that the external program of the behaviour answers with; the only step
    };
    step::kind type = kind::wait;
    delay duration{};       ///< of wait, takeover and stall
    std::string delay_name; ///< name of the delay (behaviour::delays); if set, `duration` is not used
    response_step response{};
    disconnect_kind disconnect = disconnect_kind::clean;
    std::vector<branch> branches;

    friend bool operator==(const step&, const step&) = default;
};

struct branch {
    double weight = 1;
    std::vector<step> steps;
    outcome_set expected; ///< expected outcomes if chosen; empty: derived from the steps
    friend bool operator==(const branch&, const branch&) = default;
};

/// Delays by name; services can override them.
using named_delays = std::map<std::string, delay>;

/// Deliberately wrong MQTT credentials, or a certificate that the broker must refuse.
struct credentials {
    std::string user;     ///< empty: with `certificate` the user name and password of every vehicle
    std::string password; ///< never printed
    certificate::certificate_fault certificate = certificate::certificate_fault::none;
    friend bool operator==(const credentials&, const credentials&) = default;
};

/// Sleep mode: the vehicle has no session until a wake-up trigger.
struct sleep {
    enum class wakeup_bearer : std::uint8_t {
        udp, ///< UDP datagram with the VIN, to loadsim's wake-up port
        sms, ///< POST /sms at loadsim's simulated SMS gateway
    };
    sleep::wakeup_bearer bearer = wakeup_bearer::udp;
    delay wakeup_delay{};                              ///< from the trigger to the start of the connect
    fraction trigger_loss{};                           ///< fraction of triggers that are lost
    nanoseconds stays_awake = std::chrono::seconds{2}; ///< online time after the last response
    friend bool operator==(const sleep&, const sleep&) = default;
};

/// Steps of a vehicle on receiving a command, and the outcomes of a correct platform.
struct behaviour {
    std::string name;
    bool online = true;                       ///< false: disconnects before the load starts; requests are sent anyway
    std::optional<program_options> program{}; ///< external program; `steps` is then the step `ask` alone
    std::vector<step> steps;
    /// Accepted outcomes. If equal to the outcomes derived from the steps, each branch expects only its own outcomes.
    outcome_set expected = outcome::executed;
    named_delays delays;                          ///< delays of {wait: NAME}
    std::map<std::string, named_delays> services; ///< delays overridden per service
    nanoseconds clock_offset{0};                  ///< offset of the vehicle's clock; negative: behind
    bool deduplicates = true;                     ///< a duplicate command is not executed again
    anomaly_set expected_anomalies;               ///< deliberately caused anomalies: counted separately
    std::optional<vehicle::credentials>
        credentials;             ///< wrong credentials: the broker must reject the vehicle; never online
    std::optional<sleep> asleep; ///< sleeping vehicle: no session until wake-up

    friend bool operator==(const behaviour&, const behaviour&) = default;
};

/// Outcomes of a correct platform over all branches: the first well-formed final response decides; without one, timed_out.
outcome_set expected_of(const behaviour&);

/// Validation issue of a behaviour or condition.
struct validation_issue {
    std::string path; ///< path below the behaviour: "steps[2].choose[0].steps[1]", "expect"; empty: the whole behaviour
    std::string text;
};

/// Validates a behaviour; empty: valid. Reports a step after `drop`, a response without a session, a failure without a code,
/// steps of an offline vehicle, weights with sum 0, an undefined or contradictory delay, and `skipped` as an expected outcome.
/// Responses may be in any order: real platforms also receive a second result, or an acknowledgement after the result.
std::vector<validation_issue> check(const behaviour&);

} // namespace loadsim::vehicle
