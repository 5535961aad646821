// Client identity of a vehicle: client id, user name and password, and their templates.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <string>
#include <string_view>

namespace loadsim::fleet {

/// A template of template_scope::identity. Adds its errors to `wrong`, located by `location`.
contract::text_template compile_identity_template(const std::string& text, const contract::scenario_symbols&,
                                                  std::string_view location, problems& wrong);

struct client_identity {
    std::string client_id; ///< client identifier
    std::string user_name;
    std::string password; ///< never printed
};

/// Compiled templates of template_scope::identity. Threads: const, any.
class identity_templates {
public:
    identity_templates() = default;
    /// Errors: each with its location, "fleet.mqtt.clientId" ("user", "password").
    static result<identity_templates> compile(const mqtt_options&, const contract::scenario_symbols&);
    /// For a vehicle with wrong credentials: user name and password from `credentials`. Locations: "credentials.user" ...
    static result<identity_templates> compile(const mqtt_options&, const vehicle::credentials&,
                                              const contract::scenario_symbols&);

    /// Overwrites `out`.
    void render(const contract::template_values& values, client_identity& out) const;

private:
    contract::text_template client_id_, user_name_, password_;
};

} // namespace loadsim::fleet
