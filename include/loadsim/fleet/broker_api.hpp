// The HTTP API of the platform's broker team, played by us: the platform posts commands here, and the vehicles' words are posted
// to its inbound endpoint. No broker, no session, no open file a car.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/fleet/badness.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::net {
class loop;
}

namespace loadsim::fleet {

struct plan;
struct seen;

/// The platform's endpoint that the broker team's API would post vehicles' words to.
struct inbound_options {
    std::string url{}; ///< http(s)://host:port[/base]; empty: words go nowhere, and are counted so
    std::string method = "POST";
    std::string path = "/vehicles/{vin}/words"; ///< a template of vin and request.id, behind the URL's own path
    contract::named_texts headers{};            ///< such templates; Content-Type: application/json unless it is given
    http::tls_options tls{};                    ///< of https
    std::uint32_t connections = 16;             ///< of all shards together
    nanoseconds timeout = std::chrono::seconds{5}; ///< for an answer
    std::uint32_t waiting = 100'000; ///< words that wait for a connection, of a shard; more are dropped, and counted
    bool presence = false; ///< what vehicles say of themselves (asleep, online) is posted there too, as their words are
    friend bool operator==(const inbound_options&, const inbound_options&) = default;
};

struct broker_api_options {
    std::string listen = "127.0.0.1:0";            ///< host:port; 0: any free one
    std::string method = "POST";                   ///< of commands
    std::string path = "/vehicles/{vin}/commands"; ///< {vin}: that level; every other level in braces may be anything
    std::string vin{}; ///< where a command says its vehicle, a source (contract/source.hpp); empty: the path's {vin}
    std::uint16_t status = 202;
    std::string body{}; ///< of the answer, as it is
    inbound_options inbound{};
    std::vector<fleet::badness> badness{};
    std::uint32_t connections = 4'096; ///< of the platform, open at once; more are turned away, and counted
    friend bool operator==(const broker_api_options&, const broker_api_options&) = default;
};

/// What cannot be, each with the scenario's key below fleet.brokerApi ("path", "inbound.url", "badness[1].every"); empty: usable.
std::vector<vehicle::finding> check(const broker_api_options&);

/// Names of the headers that a contract looks for in a command.
std::vector<std::string> headers_of(const contract::command_options&);

using measure::broker_api_counts;

/// A command as it came.
struct broker_api_command {
    std::string topic;               ///< the path of its URL, without the first slash
    std::string payload;             ///< its body
    contract::named_texts headers{}; ///< those that were asked for
};

/// The side that the platform calls: one of a process, whatever shards its vehicles are in.
/// Threads: one of its own for HTTP; `found`, `command` and `next` are called on it and return at once. Members from any one.
/// Errors:  what is no command of a vehicle of ours is answered 4xx and counted; never more than 64 kB of a body is read.
class broker_api {
public:
    struct handlers {
        /// The vehicle of that VIN, if it is one of ours.
        std::function<std::optional<vehicle_id>(std::string_view vin)> found;
        /// It is to be given to its vehicle; what badness kept from it never comes here.
        std::function<void(vehicle_id, broker_api_command)> command;
        /// Names of those that commands are handed on with: the contract may look for something there.
        std::vector<std::string> headers{};
        /// POST /vehicles/{vin}/behaviour {"behaviour": NAME}: that one for the vehicle's next command. Empty: there is no such path.
        std::function<void(vehicle_id, const std::string& behaviour)> next{};
        std::vector<std::string> behaviours{}; ///< names that `next` takes; any other is answered 404
    };

    /// Binds, and answers 503 until tell(). Errors: what check() finds; an address that is somebody else's.
    static result<broker_api> open(const broker_api_options&, std::uint64_t seed);
    broker_api(broker_api&&) noexcept;
    broker_api& operator=(broker_api&&) noexcept;
    ~broker_api();

    void tell(handlers);
    /// Bursts of badness are counted from here; until then there are none.
    void begin_load(monotonic_time start);

    std::string url() const;  ///< http://host:port
    std::string path() const; ///< of commands, as written
    broker_api_counts take();

private:
    class running;
    explicit broker_api(std::unique_ptr<running>);
    std::unique_ptr<running> running_;
};

/// The vehicles of one shard behind that API: fleet::model_vehicles in real time, whose words are posted to the platform. One that
/// does nothing takes no memory; those that are absent from the beginning are told of when something comes for them.
/// Threads: the loop's.
class broker_api_vehicles final : public roster {
public:
    /// `date_ahead`: what the date (time since 1970) is ahead of the steady clock. `inbound_connections`: of this shard.
    /// Everything handed over by reference must outlive this, as must what the plan refers to; the options need not. The host of
    /// the inbound URL is looked up here, which blocks for that.
    broker_api_vehicles(net::loop&, const time_source&, vehicle_events&, const plan&, const broker_api_options&,
                        nanoseconds date_ahead, std::uint32_t inbound_connections);
    ~broker_api_vehicles() override;

    void start() {} ///< nothing is to be connected
    void begin_load(monotonic_time start);
    void deliver(vehicle_id, broker_api_command);
    /// Does that with its next command, instead of what its segment does. Must outlive this.
    void behave_next(vehicle_id, const vehicle::behaviour&);
    void wake(vehicle_id);
    void cut();
    std::optional<nanoseconds> next_turn();
    /// Nothing happens any more; words that have not been posted are counted as dropped.
    void stop();

    std::uint32_t size() const noexcept override;
    bool reachable(vehicle_id) const override;
    std::uint32_t reachable() const noexcept override;
    std::uint32_t asked() const noexcept;
    std::uint32_t online() const noexcept;
    bool settled() const noexcept; ///< no word waits to be posted
    /// Why no word can be posted: an inbound URL that cannot be, or whose host nobody knows; empty: nothing says so.
    const std::string& refusal() const noexcept;
    seen take();
    /// Places of the contract that never fit what came, one sentence each, since the last take.
    std::vector<std::string> misfits();
    broker_api_counts take_counts();

private:
    class state;
    std::unique_ptr<state> state_;
};

} // namespace loadsim::fleet
