// The stand-in for a broker's API alone, without a load of our own: for somebody's integration tests.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/fleet/broker_api.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <functional>
#include <memory>
#include <string>

namespace loadsim::run {

/// The scenario's vehicles behind fleet.brokerApi, from now on until it is destroyed; its load, its target and its budgets are not
/// looked at, its conditions count from now on. POST /vehicles/{vin}/behaviour sets what a vehicle does with its next command.
/// Threads: brings its own two. Members from one.
class broker_api_alone {
public:
    /// `said`: told of what is wrong with messages, one sentence each, on a thread of its own; may be called at any time.
    /// The scenario must outlive it. Errors: texts that mean nothing, a port that somebody has, a host that nobody knows.
    static result<broker_api_alone> start(const scenario::document&, std::function<void(const std::string&)> said);
    broker_api_alone(broker_api_alone&&) noexcept;
    broker_api_alone& operator=(broker_api_alone&&) noexcept;
    ~broker_api_alone(); ///< stop()

    std::string url() const;  ///< http://host:port
    std::string path() const; ///< of commands
    /// Words that wait to be posted get a second for it. Tells what happened from the beginning.
    fleet::broker_api_counts stop();

private:
    class running;
    explicit broker_api_alone(std::unique_ptr<running>);
    std::unique_ptr<running> running_;
};

} // namespace loadsim::run
