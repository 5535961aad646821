#include <loadsim/scenario/builtin_behaviours.hpp>

#include "schema.hpp"
#include "yaml_parser.hpp"

#include <loadsim/base/spelling.hpp>

#include <algorithm>
#include <array>
#include <cassert>

namespace loadsim::scenario {
namespace {

struct behaviour_text {
    std::string_view name;
    std::string_view yaml; ///< content of `behaviours:`
};

// Delays are typical of a car with good coverage: wake-up of the telematics unit, then of an actuator. A faulty
// response precedes the right one and has another result: a platform that accepts it gets the wrong outcome, which the
// run detects.
constexpr std::array<behaviour_text, 21> behaviour_texts{{
    {"success", R"(  # Acknowledges, works, has executed. Expects executed.
  success:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
)"},
    {"failure", R"(  # Acknowledges, works, and says why it could not. Expects failed.
  failure:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - failed: door_open
)"},
    {"timeout", R"(  # Gets the command and says nothing. Expects timed_out.
  timeout:
    steps: []
)"},
    {"offline", R"(  # Signs in, and has left when the load begins. Expects timed_out.
  offline:
    online: false
)"},
    {"duplicate-ack", R"(  # Acknowledges twice, as after a retry. Expects executed.
  duplicate-ack:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: 20ms
      - ack
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
)"},
    {"result-before-ack",
     R"(  # The result overtakes the acknowledgement, as on two queues. Expects executed: nothing goes back.
  result-before-ack:
    steps:
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
      - wait: 20ms
      - ack
)"},
    {"late-result",
     R"(  # Says nothing until the platform has given up (after 10 s by default), and then executed. Expects timed_out,
  # for good.
  late-result:
    delays: {late: 12s}
    steps:
      - wait: late
      - executed
    expect: timed_out
)"},
    {"two-results",
     R"(  # Executed, and then failed for the same request. Expects executed: the first result stands, and nothing else
  # is announced.
  two-results:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
      - wait: 20ms
      - failed: changed_its_mind
)"},
    {"foreign-request-id",
     R"(  # Reports a failure for the request of another vehicle, then its own result. Expects executed, of itself and
  # of the other.
  foreign-request-id:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - {report: failed, code: not_my_request, about: other}
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
)"},
    {"malformed-payload",
     R"(  # A failure that is cut off in the middle, then the result. Expects executed: what cannot be read was not
  # said; expectAnomalies response_lost, for its number is missing in the sequence.
  malformed-payload:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - {report: failed, code: cut_off, payload: malformed}
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
    expectAnomalies: [response_lost]
)"},
    {"oversized-payload",
     R"(  # A failure in more bytes than the platform takes, then the result. Expects executed; expectAnomalies response_lost, for
  # its number is missing in the sequence.
  oversized-payload:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - {report: failed, code: much, payload: oversized}
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
    expectAnomalies: [response_lost]
)"},
    {"wrong-vin",
     R"(  # A failure with another vehicle's VIN in the payload, then the result. Expects executed: whose word it is
  # cannot be known.
  wrong-vin:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - {report: failed, code: not_me, vin: foreign}
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
)"},
    {"wrong-clock",
     R"(  # Succeeds, with a clock that is five minutes ahead. Expects executed: a car's clock decides nothing.
  wrong-clock:
    clock: +5m
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
)"},
    {"disconnect-between",
     R"(  # Loses its connection between acknowledgement and result, and reports when it is back. Expects executed.
  disconnect-between:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: 100ms
      - disconnect: abrupt
      - wait: 500ms
      - reconnect
      - executed
)"},
    {"taken-over",
     R"(  # A second client with the same client id takes the session over; when that has left, the vehicle goes on.
  # Expects executed.
  taken-over:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: 100ms
      - takeover: 500ms
      - wait: 600ms
      - reconnect
      - executed
)"},
    {"executes-twice",
     R"(  # Does twice what it was asked for once, and reports it once. Expects executed; expectAnomalies executed_twice.
  executes-twice:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - execute
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - execute
      - executed
    expectAnomalies: [executed_twice]
)"},
    {"slow-consumer",
     R"(  # Reads nothing for a second while it works: what is for it queues up at the broker. Expects executed.
  slow-consumer:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - stall: 1s
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
)"},
    {"flapping", R"(  # Its link goes down and comes up again, three times in a second. Expects executed.
  flapping:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: 100ms
      - disconnect: abrupt
      - wait: 100ms
      - reconnect
      - wait: 200ms
      - disconnect: clean
      - wait: 100ms
      - reconnect
      - wait: 200ms
      - disconnect: abrupt
      - wait: 100ms
      - reconnect
      - executed
)"},
    {"wrong-credentials",
     R"(  # Comes with credentials that have expired: it must not be let in, and hears of no command. Expects timed_out.
  wrong-credentials:
    credentials: {user: expired}
)"},
    {"sleeper-udp",
     R"(  # Has no session until a datagram wakes it; then it connects, takes what waits, answers, and sleeps again.
  # Expects executed.
  sleeper-udp:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
    asleep: {bearer: udp, takes: {lognormal: {median: 300ms, p99: 1s}}, loss: 10%, staysAwake: 1s}
)"},
    {"sleeper-sms", R"(  # The same, woken by SMS: slower. Expects executed.
  sleeper-sms:
    steps:
      - wait: {lognormal: {median: 20ms, p99: 80ms}}
      - ack
      - wait: {lognormal: {median: 100ms, p99: 300ms}}
      - executed
    asleep: {bearer: sms, takes: {lognormal: {median: 1s, p99: 3s}}, loss: 5%, staysAwake: 2s}
)"},
}};

std::vector<vehicle::behaviour> parse_behaviours() {
    std::string text;
    for (const auto& one : behaviour_texts) text += one.yaml;
    read_context r;
    std::vector<vehicle::behaviour> all;
    if (const auto root = parse_yaml(text, 0, r))
        value_types::keyed_list<value_types::behaviour>{{}, "behaviours", behaviour_texts.size()}.read(r, *root, all);
    assert(r.located_problems().empty());
    return all;
}

} // namespace

const std::vector<vehicle::behaviour>& builtin_behaviours() {
    static const auto all = parse_behaviours();
    return all;
}

result<std::string> builtin_behaviours_yaml(const std::vector<std::string>& names) {
    problems unknown;
    for (const auto& name : names)
        if (std::ranges::count(behaviour_texts, name, &behaviour_text::name) == 0) {
            std::vector<std::string_view> known;
            for (const auto& one : behaviour_texts) known.push_back(one.name);
            unknown.add("", unknown_name("behaviour", name, known));
        }
    if (!unknown.empty()) return unknown;
    std::string text = "behaviours:\n";
    for (const auto& one : behaviour_texts)
        if (names.empty() || std::ranges::count(names, one.name) != 0) text += one.yaml;
    return text;
}

} // namespace loadsim::scenario
