// The inside of model_vehicles: the vehicles, their broker and their road, in simulated time.
#pragma once

#include "activity.hpp"
#include "body.hpp"
#include "forecast.hpp"
#include "model_car.hpp"

#include <loadsim/fleet/model_vehicles.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

struct model_vehicles::state final : body, model_alarm::owner {
    using standing = model_car::standing;

    state(net::timer_wheel&, const time_source&, vehicle_events&, const plan&, model_broker&);

    // model_vehicles.cpp: who there is, what they do with commands, and what they say.
    void begin_load(monotonic_time);
    void arrive(model_car&, const carried&);
    void end_all();

    // model_sessions.cpp: their sessions, and what waits for them.
    void connect(model_car&);
    void try_connect(model_car&); ///< if nothing keeps it away
    void retry_later(model_car&);
    void lose(model_car&, const std::string& why);
    void leave(model_car&);
    void fall_asleep(model_car&);
    void sleep_later(model_car&);
    void wake(model_car&);
    void drop(model_car&,
              const std::string& why); ///< the broker ends its session, as was meant: it comes back in a while
    void recovered(model_car&);
    bool keeps_session(const model_car&) const;
    void deliver(model_car&, carried);
    void send(model_car&, carried);

    // model_roads.cpp: what is under way.
    void down(model_car&, carried);
    void up(model_car&, carried);
    void carry(model_car&);

    // model_strikes.cpp: conditions.
    void take_turns();
    void strike(const turn&);
    void pass(const turn&);
    void broker_goes(std::uint32_t condition, std::uint32_t occurrence, vehicle::condition::outage_way);
    void broker_returns(std::uint32_t condition);
    void silence(model_car&, std::uint32_t condition, std::uint32_t occurrence);

    vehicle_id id_of(const model_car& c) const { return vehicle_id{place_of(c) * the.share.count + the.share.index}; }
    std::uint32_t place_of(const model_car& c) const { return static_cast<std::uint32_t>(&c - cars.data()); }
    model_car& car_of(vehicle_id v) { return cars[index(v) / the.share.count]; }
    const vehicle::behaviour& behaviour_of(const model_car& c) const {
        return the.behaviours[the.segments.segment_of(id_of(c))];
    }
    std::string vin_of(vehicle_id) const;
    model_line& line_of(model_car&);
    bool silent(const model_car&) const; ///< nothing gets through, either way
    bool stays_away(const model_car&) const;
    bool hears_now(const model_car& c) const { return c.is == standing::on && !silent(c); }
    bool askable_now(const model_car&) const;
    void look(model_car&); ///< tells and counts what has changed of it
    void tell(model_car&, const std::string& what);
    void announce(model_car&, std::string_view what); ///< its presence

    bool say(activity&, const vehicle::word&) override;
    void execute(activity&) override;
    void disconnect(activity&, vehicle::parting) override;
    void reconnect(activity&) override;
    bool online(vehicle_id) const override;
    void take_over(activity&, nanoseconds) override;
    void stall(activity&, nanoseconds) override;
    void arm(net::timer& t, monotonic_time when) override { wheel.arm(t, when); }
    monotonic_time now() const override { return time.now(); }
    void end(activity&) override;
    void on_alarm(model_alarm::kind, std::uint32_t place) override;

    class turn_alarm final : public net::timer {
    public:
        explicit turn_alarm(state& owner) : owner_(owner) {}

    private:
        void on_timer(monotonic_time) override { owner_.take_turns(); }
        state& owner_;
    };

    net::timer_wheel& wheel;
    const time_source& time;
    vehicle_events& events;
    const plan the;
    model_broker& broker;
    forecast coming;
    turn_alarm next_turn{*this};
    std::vector<model_car> cars; ///< by index / count
    std::vector<std::unique_ptr<activity>> activities;
    monotonic_time start = never; ///< of the load
    bool remembers = false;       ///< some vehicle speaks of its request before
    bool down_for_all = false;    ///< the broker is away
    bool frozen = false;          ///< the broker does not answer
    std::uint32_t asked = 0;
    std::uint32_t online_now = 0;
    std::uint32_t askable = 0;
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    seen counted;
};

} // namespace loadsim::fleet
