// A vehicle of the model: where it stands, and what is under way to it and from it.
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/net/pace.hpp>
#include <loadsim/net/timer_wheel.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::fleet {

class activity;

/// A message between a vehicle and the model broker.
struct carried {
    std::string request{}; ///< of a word: which it is of
    std::string topic;
    std::string payload;
    std::uint8_t qos = 0;
    monotonic_time expires = never;  ///< of a command: thrown away if it still waits at the broker then
    monotonic_time due{};            ///< when a slow link has carried it
    contract::named_texts headers{}; ///< of a command that came over HTTP
};

/// Something of a vehicle that comes due: its owner is told what, and whose.
class model_alarm final : public net::timer {
public:
    enum class kind : std::uint8_t {
        carry,     ///< what is under way has arrived, or the vehicle reads again
        come_back, ///< the wait before a connect is over
        sleep,     ///< it has been awake for long enough
    };
    class owner {
    public:
        virtual ~owner() = default;
        virtual void on_alarm(kind, std::uint32_t place) = 0;
    };
    model_alarm(owner& o, kind what, std::uint32_t place) : owner_(o), place_(place), what_(what) {}

private:
    void on_timer(monotonic_time) override { owner_.on_alarm(what_, place_); }

    owner& owner_;
    std::uint32_t place_;
    kind what_;
};

/// What only a vehicle has that something happens to.
struct model_line {
    model_line(model_alarm::owner& o, std::uint32_t place)
        : carry(o, model_alarm::kind::carry, place), come_back(o, model_alarm::kind::come_back, place),
          sleep(o, model_alarm::kind::sleep, place) {}

    // Conditions in force: how many, or which.
    std::uint16_t tunnels = 0;
    std::uint16_t garages = 0; ///< and gaps of handovers: it stays away
    std::uint16_t half_open = 0;
    bool dark = false; ///< powers on later
    std::vector<std::uint32_t> slow;
    std::vector<std::uint32_t> lossy;
    std::vector<measure::totals::occurrence_key> silenced_by; ///< until it hears again

    std::vector<carried> waiting; ///< commands in its session at the broker
    std::vector<carried> unsaid;  ///< words that nobody has acknowledged: for the next connection
    std::vector<carried> coming;  ///< commands under way, in order
    std::vector<carried> going;   ///< words under way, in order
    net::pace::limits slowed;     ///< by all of `slow` together
    net::pace way_down;           ///< of a slow link
    net::pace way_up;
    monotonic_time stalled_until{};
    monotonic_time away_since{};
    const activity* parted_by = nullptr; ///< whose step ended the session
    std::uint32_t attempts = 0;          ///< to connect, since it last stood
    std::string request;                 ///< of the command that came last
    std::string request_before;          ///< of the one before that
    model_alarm carry, come_back, sleep;

    /// Nothing in it matters any more to a vehicle that stands where it stood at first; but for `dark`.
    bool is_blank(monotonic_time now) const {
        return tunnels == 0 && garages == 0 && half_open == 0 && slow.empty() && lossy.empty() && silenced_by.empty() &&
               waiting.empty() && unsaid.empty() && coming.empty() && going.empty() && stalled_until <= now &&
               parted_by == nullptr && request.empty() && !carry.armed() && !come_back.armed() && !sleep.armed();
    }
};

/// What a vehicle has counted: draws and words go on from here, whatever else of it is forgotten.
struct model_counters {
    std::uint32_t words = 0;    ///< that it has said
    std::uint32_t tries = 0;    ///< to connect: of the reconnect draws
    std::uint32_t triggers = 0; ///< sent to it, lost ones too
    std::uint32_t strays = 0;   ///< draws for commands of no arrival
    std::uint64_t delays = 0;   ///< draws for what slow links add
};

struct model_car {
    enum class standing : std::uint8_t {
        on,     ///< its session stands, as far as it knows
        off,    ///< it has none, and wants one
        asleep, ///< it has none until it is woken
        left,   ///< it has none for good
        barred, ///< ... because its credentials are wrong
    };
    std::uint32_t place = 0; ///< index / count
    standing is = standing::on;
    bool hears = true;                        ///< commands reach it; as it was told last
    bool askable = true;                      ///< as it was counted last
    bool looked_at = false;                   ///< it is among those that may be as they were at first
    std::uint16_t busy = 0;                   ///< commands that it is at work on
    std::unique_ptr<model_line> line;         ///< null: nothing has happened to it yet
    const vehicle::behaviour* next = nullptr; ///< for its next command; null: as its segment does
    model_counters* counted = nullptr;        ///< null: not looked for yet
};

} // namespace loadsim::fleet
