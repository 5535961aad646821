// The inside of model_vehicles: the vehicles, their broker and their road.
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
#include <unordered_map>
#include <vector>

namespace loadsim::fleet {

struct model_vehicles::state final : body, model_alarm::owner {
    using standing = model_car::standing;

    state(arming, const time_source&, vehicle_events&, const plan&, model_broker&, const model_manner&);

    // model_standing.cpp: who there is, and who of them needs to be remembered.
    standing first_standing(vehicle_id) const; ///< while nothing has happened to it
    standing standing_of(vehicle_id) const;
    model_car& car_of(vehicle_id);            ///< good until forget_idle()
    const model_car* known(vehicle_id) const; ///< null: it stands where it stood at first
    void forget_idle();                       ///< to be called when nobody holds a car
    bool idle(const model_car&) const;
    void count_first();
    void begin_load(monotonic_time);
    void count_absent();
    void take_absent_away();
    void refuse(std::uint32_t vehicles); ///< wrong credentials

    // model_vehicles.cpp: what they do with commands, and what they say.
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
    void take_some_turns();
    void take(const turn&);
    void strike(const turn&);
    void pass(const turn&);
    void broker_goes(std::uint32_t condition, std::uint32_t occurrence, vehicle::condition::outage_way);
    void broker_returns(std::uint32_t condition);
    void silence(model_car&, std::uint32_t condition, std::uint32_t occurrence);
    template <class Do>
    void for_each_present(Do&& act);

    vehicle_id id_at(std::uint32_t place) const { return vehicle_id{place * the.share.count + the.share.index}; }
    vehicle_id id_of(const model_car& c) const { return id_at(c.place); }
    model_counters& counters_of(model_car& c) {
        if (c.counted == nullptr) c.counted = &counters[c.place];
        return *c.counted;
    }
    const vehicle::behaviour& behaviour_of(const model_car& c) const {
        return the.behaviours[the.segments.segment_of(id_of(c))];
    }
    std::string vin_of(vehicle_id) const;
    std::int64_t wall_us() const; ///< since 1970
    model_line& line_of(model_car&);
    void take_away(model_car&);          ///< as its segment says, when the load begins
    bool silent(const model_car&) const; ///< nothing gets through, either way
    bool stays_away(const model_car&) const;
    bool hears_now(const model_car& c) const { return c.is == standing::on && !silent(c); }
    bool askable_now(const model_car&) const;
    bool is_away_for_good(vehicle_id v) const {
        const auto is = standing_of(v);
        return is == standing::left || is == standing::barred;
    }
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
    void arm(net::timer& t, monotonic_time when) override { arm_timer(t, when); }
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

    const arming arm_timer;
    const time_source& time;
    vehicle_events& events;
    const plan the;
    model_broker& broker;
    const model_manner manner;
    forecast coming;
    turn_alarm next_turn{*this};
    std::uint32_t size = 0;
    std::unordered_map<std::uint32_t, model_car> cars;          ///< by place: those that are not as they were at first
    std::unordered_map<std::uint32_t, model_counters> counters; ///< by place: of those that have counted something
    std::vector<std::uint32_t> looked_at;                       ///< places of cars that may be as they were at first
    std::vector<std::unique_ptr<activity>> activities;
    std::vector<standing> first_of; ///< by segment: where its vehicles stand from the load's beginning
    bool some_power_on = false;     ///< by a condition
    bool some_absent = false;       ///< from the load's beginning, or before
    bool begun = false;
    bool stopped = false;
    monotonic_time start = never; ///< of the load
    bool remembers = false;       ///< some vehicle speaks of its request before
    bool down_for_all = false;    ///< the broker is away
    bool frozen = false;          ///< the broker does not answer
    std::uint32_t asked = 0;
    std::uint32_t online_now = 0;
    std::uint32_t askable = 0;
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    std::uint64_t presences = 0;
    seen counted;
    contract::fit watch;
    std::uint32_t watched = 0; ///< commands
};

} // namespace loadsim::fleet
