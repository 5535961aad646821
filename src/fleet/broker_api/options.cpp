// Validation of the broker API's options.
#include <loadsim/fleet/broker_api.hpp>

#include "broker_api/response_poster.hpp"
#include "broker_api/route_pattern.hpp"

#include <loadsim/contract/field_path.hpp>
#include <loadsim/net/url.hpp>

#include <fmt/format.h>

namespace loadsim::fleet {
namespace {

using issues = std::vector<vehicle::validation_issue>;

bool is_status(std::uint16_t s) { return s >= 200 && s <= 599; }

void check_template(const std::string& text, const std::string& location, issues& all) {
    if (const auto made = inbound_template(text); !made)
        for (const auto& p : made.error().list) all.push_back({location, p.text});
}

void check_fault(const fault& fault_options, const std::string& location, issues& all) {
    const auto wrong = [&](const char* key, std::string text) { all.push_back({location + key, std::move(text)}); };
    constexpr nanoseconds nothing{0};
    if (fault_options.what == fault::kind::slow && fault_options.delay <= nothing)
        wrong(".slow", "how slow? give it a time");
    if (fault_options.what == fault::kind::status && (!is_status(fault_options.status) || fault_options.status < 300))
        wrong(".status", "a rejected command has a status from 300 to 599");
    if (fault_options.retry_after < nothing) wrong(".retryAfter", "a time is never negative");
    if (fault_options.retry_after > nothing && fault_options.what != fault::kind::status)
        wrong(".retryAfter", "only a status has a retryAfter");
    const auto& [every, probability, window] = fault_options.rule;
    if (every && *every == 0) wrong(".every", "every n-th, from 1");
    if (every && probability) wrong("", "every n-th, or with a probability: not both");
    if (probability && !(probability->value > 0)) wrong(".probability", "a probability of 0% has no effect");
    if (window && (window->at < nothing || window->lasts <= nothing))
        wrong(".burst", "a burst begins at or after the load's start, and lasts for some time");
}

} // namespace

std::vector<vehicle::validation_issue> check(const broker_api_options& o) {
    issues all;
    const auto wrong = [&](const char* key, std::string text) { all.push_back({key, std::move(text)}); };
    if (const auto at = net::parse_listen_address(o.listen); !at) wrong("listen", at.error().list.front().text);
    const route_pattern path(o.path);
    if (!path.valid())
        wrong("path",
              "a path as /vehicles/{vin}/commands: it begins with '/', each level is a text or one name in braces, and "
              "{vin} comes once at most");
    else if (o.vin.empty() && !path.has_vin())
        wrong("path",
              "nothing says which vehicle a command is for: put {vin} into the path, or give its field path with vin");
    if (const auto vin = contract::field_path::parse(o.vin); !vin) wrong("vin", vin.error().list.front().text);
    if (o.method.empty()) wrong("method", "a method as POST");
    if (!is_status(o.status) || o.status > 299) wrong("status", "an accepted command has a status from 200 to 299");
    if (o.connections == 0) wrong("connections", "at least 1");
    if (!o.inbound.url.empty())
        if (const auto url = net::parse_api_url(o.inbound.url); !url)
            wrong("inbound.url", url.error().list.front().text);
    if (!o.inbound.path.starts_with('/')) wrong("inbound.path", "a path begins with '/'");
    check_template(o.inbound.path, "inbound.path", all);
    for (const auto& [name, text] : o.inbound.headers) check_template(text, "inbound.headers." + name, all);
    if (o.inbound.connections == 0) wrong("inbound.connections", "at least 1");
    if (o.inbound.timeout <= nanoseconds{0}) wrong("inbound.timeout", "an answer takes some time");
    for (std::size_t i = 0; i < o.faults.size(); ++i) check_fault(o.faults[i], fmt::format("faults[{}]", i), all);
    return all;
}

std::vector<std::string> headers_of(const contract::command_options& o) {
    std::vector<std::string> all;
    const auto look = [&all](const std::string& text) {
        const auto source = contract::field_path::parse(text);
        if (source && source->type() == contract::field_path::kind::property) all.emplace_back(source->name());
    };
    look(o.id);
    look(o.service);
    for (const auto& [_, text] : o.parameters) look(text);
    return all;
}

} // namespace loadsim::fleet
