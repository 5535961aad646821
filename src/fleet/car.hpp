// A vehicle with a real session: where it stands, and what is being done to it.
#pragma once

#include "intruder.hpp"

#include <loadsim/base/time.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/net/timer_wheel.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::fleet {

class activity;

/// Something of a vehicle that comes due: its owner is told what, and whose.
class car_alarm final : public net::timer {
public:
    enum class kind : std::uint8_t {
        sleep,   ///< it has been awake for long enough
        read_on, ///< it has stalled for long enough
    };
    class owner {
    public:
        virtual ~owner() = default;
        virtual void on_alarm(kind, std::uint32_t place) = 0;
    };
    car_alarm(owner& o, kind what, std::uint32_t place) : owner_(o), place_(place), what_(what) {}

private:
    void on_timer(monotonic_time) override { owner_.on_alarm(what_, place_); }

    owner& owner_;
    std::uint32_t place_;
    kind what_;
};

/// What only a vehicle has that something happens to.
struct plight {
    plight(car_alarm::owner& o, std::uint32_t place)
        : sleep(o, car_alarm::kind::sleep, place), read_on(o, car_alarm::kind::read_on, place) {}

    // Conditions in force: how many, or which.
    std::uint16_t tunnels = 0;
    std::uint16_t garages = 0; ///< and gaps of handovers: it stays away
    std::uint16_t half_open = 0;
    std::uint16_t handovers = 0; ///< so far: each is to another address
    bool dark = false;           ///< powers on later
    std::vector<std::uint32_t> slow;
    std::vector<std::uint32_t> lossy;
    std::vector<measure::totals::occurrence_key> silenced_by; ///< until it hears again

    const activity* parted_by = nullptr; ///< whose step ended the session
    std::unique_ptr<intruder> twin;      ///< a second client with its name
    std::uint16_t busy = 0;              ///< commands that it is at work on; counted only of those that sleep
    std::uint32_t triggers = 0;          ///< sent to it, lost ones too
    std::uint64_t strays = 0;            ///< draws for commands of no arrival
    std::uint64_t delays = 0;            ///< draws for what slow links add
    std::string assigned_name;           ///< by the broker, to one that came without
    std::string request;                 ///< of the command that came last
    std::string request_before;          ///< of the one before that
    car_alarm sleep, read_on;
};

struct car {
    enum class standing : std::uint8_t {
        meant_on, ///< it has a session, or wants one
        asleep,   ///< it has none until it is woken
        left,     ///< it has none for good
        barred,   ///< ... because its credentials are wrong; it tries all the same
    };

    car(net::loop& loop, const mqtt::session_options& session, net::link_events& events, std::uint32_t index)
        : link(loop, session, events, index) {}

    net::mqtt_link link;
    std::uint32_t tries = 0;   ///< to connect, in all: the counter of the reconnect draws
    std::uint32_t words = 0;   ///< that it has said
    std::uint8_t attempts = 0; ///< failed since the last success; no more than fit
    std::uint8_t moves = 0;    ///< from a broker that it found closed to the next
    standing is = standing::meant_on;
    bool stands = false;           ///< its session does, and the subscription
    bool hears = true;             ///< commands reach it; as it was told last
    bool askable = false;          ///< as it was counted last
    bool connected_before = false; ///< has had a session
    bool subscribed = false;       ///< as far as the broker's session goes
    bool connecting = false;       ///< holds a place among the connects in flight
    std::unique_ptr<plight> under; ///< null: nothing has happened to it yet
};

} // namespace loadsim::fleet
