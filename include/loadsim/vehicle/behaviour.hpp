// What a vehicle does with a command, as data.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/base/units.hpp>
#include <loadsim/vehicle/delay.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::vehicle {

/// What a vehicle says of a request, and what it gets wrong in saying it.
struct word {
    enum class kind : std::uint8_t {
        ack,      ///< acknowledges the command
        running,  ///< reports progress
        executed, ///< final word: done
        failed,   ///< final word: not done, because of `code`
    };
    enum class about : std::uint8_t {
        own,      ///< the request that it is at work on
        previous, ///< the vehicle's request before; a made-up one when there was none
        other,    ///< one that another vehicle is at work on; a made-up one when there is none
        unknown,  ///< a made-up one
    };
    enum class form : std::uint8_t {
        plain,
        malformed, ///< no JSON
        empty,     ///< no bytes
        oversized, ///< more bytes than the contract allows (contract::payload_limit)
    };
    word::kind what = kind::ack;
    std::string code;                 ///< of failed
    word::about request = about::own; ///< whose id it carries
    bool foreign_vin = false;         ///< it carries another vehicle's VIN
    word::form payload = form::plain;

    bool is_final() const { return what == kind::executed || what == kind::failed; }
    /// A correct platform takes it for what it says.
    bool is_plain() const { return request == about::own && !foreign_vin && payload == form::plain; }
    friend bool operator==(const word&, const word&) = default;
};

enum class parting : std::uint8_t {
    clean,     ///< DISCONNECT: the will is not sent
    abrupt,    ///< the connection is reset
    half_open, ///< nothing is said and nothing closed: the broker finds out by its keep alive
};

struct branch;

/// One step of a behaviour.
struct step {
    enum class kind : std::uint8_t {
        wait,       ///< let `lasts` pass
        say,        ///< `said`; the first executed of a behaviour without an `execute` is an execution too
        execute,    ///< do what was asked for (the horn sounds)
        drop,       ///< say nothing more: ends the behaviour
        disconnect, ///< end the session, in this `way`; it stays away until it reconnects, or the behaviour is over
        reconnect,  ///< come back at once, and go on when the session stands
        takeover,   ///< a second client with the same client id connects, and leaves after `lasts`
        stall,      ///< stop reading for `lasts`: a consumer that is slow
        choose,     ///< one of the branches, by weight
    };
    step::kind what = kind::wait;
    delay lasts{};     ///< of wait, takeover and stall
    std::string named; ///< of these: the delay has this name (behaviour::delays), and `lasts` is not used
    word said{};
    parting way = parting::clean;
    std::vector<branch> branches;

    friend bool operator==(const step&, const step&) = default;
};

struct branch {
    double weight = 1;
    std::vector<step> steps;
    outcome_set expected; ///< of who takes it; empty: what the steps say
    friend bool operator==(const branch&, const branch&) = default;
};

/// A delay by a name, so that services can have one each.
using named_delays = std::map<std::string, delay>;

/// Who a vehicle claims to be, where that is not who it is.
struct credentials {
    std::string user;
    std::string password; ///< never echoed
    friend bool operator==(const credentials&, const credentials&) = default;
};

/// How a vehicle without a session is woken.
struct sleep {
    enum class bearer : std::uint8_t {
        udp, ///< a datagram with its VIN, to our trigger port
        sms, ///< POST /sms at our stand-in for the SMS gateway
    };
    sleep::bearer woken_by = bearer::udp;
    delay takes{};                                   ///< from the trigger to the begin of its connect
    share loss{};                                    ///< of triggers that never reach it
    nanoseconds awake_for = std::chrono::seconds{2}; ///< after its last word it stays on line so long
    friend bool operator==(const sleep&, const sleep&) = default;
};

/// What a vehicle does when a command reaches it, and what a correct platform makes of that.
struct behaviour {
    std::string name;
    bool online = true; ///< false: leaves before the load starts; requests to it are sent all the same
    std::vector<step> steps;
    /// Any of these is right. When it is no more than what the steps say, each branch promises what is said in it.
    outcome_set expected = outcome::executed;
    named_delays delays;                             ///< what {wait: NAME} means
    std::map<std::string, named_delays> services;    ///< for these services some of the delays are others
    nanoseconds clock{0};                            ///< its clock is ahead by this; negative: behind
    bool deduplicates = true;                        ///< a command that comes again is not done again
    anomaly_set provokes;                            ///< what it brings about on purpose: counted apart
    std::optional<vehicle::credentials> credentials; ///< wrong ones: it must not be let in, and never is on line
    std::optional<sleep> asleep;                     ///< it has no session until it is woken

    friend bool operator==(const behaviour&, const behaviour&) = default;
};

/// What a correct platform makes of these steps: the first final word that it can take decides; silence is timed_out.
/// Every branch counts.
outcome_set expected_of(const behaviour&);

/// A place in a behaviour and what is wrong there.
struct finding {
    std::string place; ///< path below the behaviour: "steps[2].choose[0].steps[1]", "expect"; empty: all of it
    std::string text;
};

/// What makes no sense: a step after `drop`, a word without a session, a failure without a code, steps of a vehicle
/// that is off line, weights that add up to nothing, a delay that nobody defined or whose figures contradict each
/// other, an expectation that is the generator's own doing. Empty: usable. Words in any order are: a second result,
/// or an acknowledgement after it, is what platforms get too.
std::vector<finding> check(const behaviour&);

} // namespace loadsim::vehicle
