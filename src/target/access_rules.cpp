#include <loadsim/target/access_rules.hpp>

#include <loadsim/base/encoding.hpp>

#include <fmt/format.h>

namespace loadsim::target {
namespace {

std::string json_escaped(std::string_view text) {
    std::string escaped;
    append_json_escaped(text, escaped);
    return escaped;
}

void append_rule(std::string_view type, std::string_view topic, std::string& acls) {
    acls += fmt::format(R"({}{{"acltype":"{}","topic":"{}","allow":true}})", acls.empty() ? "" : ",", type,
                        json_escaped(topic));
}

} // namespace

/// A role for each client: roles of mosquitto 2.0 have no placeholder for the user.
void access_rules::add(std::string_view user, std::string_view acls) {
    const auto name = json_escaped(user);
    const auto* comma = roles_.empty() ? "" : ",";
    roles_ += fmt::format(R"({}{{"rolename":"{}","acls":[{}]}})", comma, name, acls);
    clients_ += fmt::format(R"({}{{"username":"{}","roles":[{{"rolename":"{}"}}]}})", comma, name, name);
}

void access_rules::allow_all(std::string_view user) {
    std::string acls;
    append_rule("subscribePattern", "#", acls);
    append_rule("publishClientSend", "#", acls);
    add(user, acls);
}

void access_rules::allow(std::string_view user, std::span<const std::string> subscribe,
                         std::span<const std::string> publish) {
    std::string acls;
    for (const auto& filter : subscribe) append_rule("subscribeLiteral", filter, acls);
    for (const auto& filter : publish) append_rule("publishClientSend", filter, acls);
    add(user, acls);
}

std::string access_rules::text() const {
    return fmt::format(R"({{"defaultACLAccess":{{"publishClientSend":false,"publishClientReceive":true,)"
                       R"("subscribe":false,"unsubscribe":true}},"clients":[{}],"groups":[],"roles":[{}]}})",
                       clients_, roles_);
}

} // namespace loadsim::target
