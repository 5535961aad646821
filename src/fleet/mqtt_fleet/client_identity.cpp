#include <loadsim/fleet/client_identity.hpp>

#include <loadsim/base/secrets.hpp>

#include <string_view>
#include <vector>

namespace loadsim::fleet {
namespace {

/// A password that is the same for all vehicles is a secret of the process; one that depends on the vehicle is in no text.
contract::text_template compile_password(const std::string& text, const contract::scenario_symbols& symbols,
                                         std::string_view location, problems& wrong) {
    auto compiled = compile_identity_template(text, symbols, location, wrong);
    if (compiled.is_constant()) register_secret(compiled.rendered({}));
    return compiled;
}

} // namespace

contract::text_template compile_identity_template(const std::string& text, const contract::scenario_symbols& symbols,
                                                  std::string_view location, problems& wrong) {
    std::vector<std::string> pointers; // none: there is no command to read from
    auto compiled = contract::text_template::compile(
        text, contract::symbols_in(contract::template_scope::identity, symbols, {}), pointers);
    if (compiled) return *compiled;
    for (auto one : compiled.error().list) wrong.add(std::string(location), std::move(one.text));
    return {};
}

result<identity_templates> identity_templates::compile(const mqtt_options& o,
                                                       const contract::scenario_symbols& symbols) {
    problems wrong;
    identity_templates made;
    made.client_id_ = compile_identity_template(o.client_id, symbols, "fleet.mqtt.clientId", wrong);
    made.user_name_ = compile_identity_template(o.user, symbols, "fleet.mqtt.user", wrong);
    made.password_ = compile_password(o.password, symbols, "fleet.mqtt.password", wrong);
    if (!wrong.empty()) return wrong;
    return made;
}

result<identity_templates> identity_templates::compile(const mqtt_options& o, const vehicle::credentials& credentials,
                                                       const contract::scenario_symbols& symbols) {
    problems wrong;
    identity_templates made;
    made.client_id_ = compile_identity_template(o.client_id, symbols, "fleet.mqtt.clientId", wrong);
    made.user_name_ = compile_identity_template(credentials.user, symbols, "credentials.user", wrong);
    made.password_ = compile_password(credentials.password, symbols, "credentials.password", wrong);
    if (!wrong.empty()) return wrong;
    return made;
}

void identity_templates::render(const contract::template_values& values, client_identity& out) const {
    out.client_id.clear();
    out.user_name.clear();
    out.password.clear();
    client_id_.render(values, out.client_id);
    user_name_.render(values, out.user_name);
    password_.render(values, out.password);
}

} // namespace loadsim::fleet
