// Who a vehicle says it is when it connects.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <string>

namespace loadsim::fleet {

struct papers {
    std::string name; ///< client identifier
    std::string user;
    std::string password; ///< never printed
};

/// Templates of place::identity, compiled. Threads: const, any.
class paper_forms {
public:
    paper_forms() = default;
    /// Errors: each with its place, "fleet.mqtt.clientId" ("user", "password").
    static result<paper_forms> compile(const mqtt_options&, const contract::known_names&);
    /// Of a vehicle that claims to be somebody else: user and password are that one's. Places: "credentials.user" ...
    static result<paper_forms> compile(const mqtt_options&, const vehicle::credentials&, const contract::known_names&);

    /// Replaces what `out` held.
    void fill(const contract::values& vehicle, papers& out) const;

private:
    contract::text_template name_, user_, password_;
};

} // namespace loadsim::fleet
