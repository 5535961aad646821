// Client identities of the vehicles of a shard.
#pragma once

#include "vehicle_rules.hpp"

#include <loadsim/fleet/client_identity.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <optional>
#include <vector>

namespace loadsim::fleet {

/// Those of fleet.mqtt, with the user name and password of a behaviour with wrong credentials. The templates must compile.
class vehicle_identities {
public:
    explicit vehicle_identities(const fleet_spec& spec)
        : default_(identity_templates::compile(spec.options.mqtt, spec.template_symbols).value()) {
        for (const auto& b : spec.behaviours) {
            auto& templates = false_.emplace_back();
            if (b.credentials && !b.credentials->user.empty())
                templates =
                    identity_templates::compile(spec.options.mqtt, *b.credentials, spec.template_symbols).value();
        }
    }

    /// Overwrites `out`. `spec`: that of the construction.
    void render(const fleet_spec& spec, vehicle_id v, client_identity& out) const {
        const auto vin = spec.registry.vin_of(v);
        auto values = template_values_of(spec, v);
        values.vin = vin;
        const auto& with_false_credentials = false_[spec.segments.segment_of(v)];
        (with_false_credentials ? *with_false_credentials : default_).render(values, out);
    }

private:
    identity_templates default_;
    std::vector<std::optional<identity_templates>> false_; ///< by segment
};

} // namespace loadsim::fleet
