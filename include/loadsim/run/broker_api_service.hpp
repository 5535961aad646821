// Standalone service of the simulated broker API, without load generation; for integration tests of a platform.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/totals.hpp>

#include <functional>
#include <memory>
#include <string>

namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

/// Runs the scenario's vehicles behind fleet.brokerApi from start() to destruction. Load, target and budgets are
/// ignored; conditions are timed from start(). POST /vehicles/{vin}/behaviour sets the behaviour for a vehicle's next
/// command.
/// Threads: starts two of its own; call members from one thread.
class broker_api_service {
public:
    /// `on_notice`: called with one sentence per invalid message, on a thread of the service, at any time.
    /// The scenario must outlive the service. Errors: invalid templates, a port in use, an unknown host.
    static result<broker_api_service> start(const scenario::scenario_config&,
                                            std::function<void(const std::string&)> on_notice);
    broker_api_service(broker_api_service&&) noexcept;
    broker_api_service& operator=(broker_api_service&&) noexcept;
    ~broker_api_service(); ///< stop()

    std::string url() const;  ///< http://host:port
    std::string path() const; ///< of commands
    /// Waits up to 1 s for responses still to be posted. Returns the counts since start().
    measure::broker_api_counts stop();

private:
    class impl;
    explicit broker_api_service(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::run
