#include <loadsim/fleet/papers.hpp>

#include <string_view>
#include <vector>

namespace loadsim::fleet {
namespace {

/// One template of a vehicle's identity; what is wrong with it is noted with its place.
contract::text_template read(const std::string& text, const contract::known_names& names, std::string_view place,
                             problems& wrong) {
    std::vector<std::string> pointers; // none: there is no command yet
    auto compiled =
        contract::text_template::compile(text, contract::names_at(contract::place::identity, names, {}), pointers);
    if (compiled) return *compiled;
    for (auto one : compiled.error().list) wrong.add(std::string(place), std::move(one.text));
    return {};
}

} // namespace

result<paper_forms> paper_forms::compile(const mqtt_options& o, const contract::known_names& names) {
    problems wrong;
    paper_forms made;
    made.name_ = read(o.client_id, names, "fleet.mqtt.clientId", wrong);
    made.user_ = read(o.user, names, "fleet.mqtt.user", wrong);
    made.password_ = read(o.password, names, "fleet.mqtt.password", wrong);
    if (!wrong.empty()) return wrong;
    return made;
}

result<paper_forms> paper_forms::compile(const mqtt_options& o, const vehicle::credentials& claimed,
                                         const contract::known_names& names) {
    problems wrong;
    paper_forms made;
    made.name_ = read(o.client_id, names, "fleet.mqtt.clientId", wrong);
    made.user_ = read(claimed.user, names, "credentials.user", wrong);
    made.password_ = read(claimed.password, names, "credentials.password", wrong);
    if (!wrong.empty()) return wrong;
    return made;
}

void paper_forms::fill(const contract::values& vehicle, papers& out) const {
    out.name.clear();
    out.user.clear();
    out.password.clear();
    name_.render(vehicle, out.name);
    user_.render(vehicle, out.user);
    password_.render(vehicle, out.password);
}

} // namespace loadsim::fleet
