// Composition of telemetry messages: values of their templates, and signals of the vehicle.
#pragma once

#include "telemetry_plan.hpp"

#include <loadsim/contract/message_contract.hpp>
#include <loadsim/telemetry/signals.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// Signals are those of the instant at which the message is due, computed once for a message and only if its template has some.
/// Threads: one.
class telemetry_composer final : private contract::signal_source {
public:
    explicit telemetry_composer(const fleet_spec&); ///< which must outlive the composer

    /// Replaces the content of `out`. False, with `out.problem`: the payload cannot be rendered. `wall_us`: since 1970.
    bool compose(const due_telemetry&, std::int64_t wall_us, monotonic_time now, contract::outgoing_message& out);

    /// Question to the external program that makes the payload of the message that compose() had last, with that topic.
    std::string question(std::string_view topic, std::int64_t wall_us) const;

private:
    void compute_values() const;
    void append(std::uint32_t signal, std::string& out) const override;

    const fleet_spec& spec_;
    telemetry::simulated_day day_;
    std::vector<telemetry::signal> signals_; ///< by index of the template symbols
    std::string vin_;
    due_telemetry composed_;
    mutable std::optional<telemetry::signal_values> values_; ///< nullopt: not computed yet
};

} // namespace loadsim::fleet
