// What the options of the broker's API must be.
#include <loadsim/fleet/broker_api.hpp>

#include "command_path.hpp"
#include "inbound_poster.hpp"

#include <loadsim/contract/source.hpp>
#include <loadsim/net/options.hpp>

#include <fmt/format.h>

namespace loadsim::fleet {
namespace {

using found = std::vector<vehicle::finding>;

bool is_status(std::uint16_t s) { return s >= 200 && s <= 599; }

void look_at_template(const std::string& text, const std::string& place, found& all) {
    if (const auto made = inbound_template(text); !made)
        for (const auto& p : made.error().list) all.push_back({place, p.text});
}

void look_at_badness(const badness& one, const std::string& place, found& all) {
    const auto wrong = [&](const char* key, std::string text) { all.push_back({place + key, std::move(text)}); };
    constexpr nanoseconds nothing{0};
    if (one.what == badness::kind::slow && one.by <= nothing) wrong(".slow", "how slow? give it a time");
    if (one.what == badness::kind::status && (!is_status(one.status) || one.status < 300))
        wrong(".status", "a command that reaches nobody is answered with 300 to 599");
    if (one.retry_after < nothing) wrong(".retryAfter", "a time is never negative");
    if (one.retry_after > nothing && one.what != badness::kind::status)
        wrong(".retryAfter", "it is told with a status alone");
    if (one.every && *one.every == 0) wrong(".every", "each n-th, from 1");
    if (one.every && one.probability) wrong("", "each n-th, or by chance: not both");
    if (one.probability && !(one.probability->of_one > 0)) wrong(".probability", "a chance of 0% befalls nobody");
    if (one.only && (one.only->at < nothing || one.only->lasts <= nothing))
        wrong(".burst", "a burst begins at or after the load's start, and lasts for some time");
}

} // namespace

std::vector<vehicle::finding> check(const broker_api_options& o) {
    found all;
    const auto wrong = [&](const char* key, std::string text) { all.push_back({key, std::move(text)}); };
    if (const auto at = net::parse_listen_address(o.listen); !at) wrong("listen", at.error().list.front().text);
    const command_path path(o.path);
    if (!path.usable())
        wrong("path",
              "a path as /vehicles/{vin}/commands: it begins with '/', each level is a text or one name in braces, and "
              "{vin} comes once at most");
    else if (o.vin.empty() && !path.says_vin())
        wrong("path",
              "nothing says which vehicle a command is for: put {vin} into the path, or name a source with vin");
    if (const auto vin = contract::source::parse(o.vin); !vin) wrong("vin", vin.error().list.front().text);
    if (o.method.empty()) wrong("method", "a method as POST");
    if (!is_status(o.status) || o.status > 299) wrong("status", "a command that is taken is answered with 200 to 299");
    if (o.connections == 0) wrong("connections", "at least 1");
    if (!o.inbound.url.empty())
        if (const auto url = net::parse_api_url(o.inbound.url); !url)
            wrong("inbound.url", url.error().list.front().text);
    if (!o.inbound.path.starts_with('/')) wrong("inbound.path", "a path begins with '/'");
    look_at_template(o.inbound.path, "inbound.path", all);
    for (const auto& [name, text] : o.inbound.headers) look_at_template(text, "inbound.headers." + name, all);
    if (o.inbound.connections == 0) wrong("inbound.connections", "at least 1");
    if (o.inbound.timeout <= nanoseconds{0}) wrong("inbound.timeout", "an answer takes some time");
    for (std::size_t i = 0; i < o.badness.size(); ++i)
        look_at_badness(o.badness[i], fmt::format("badness[{}]", i), all);
    return all;
}

std::vector<std::string> headers_of(const contract::command_options& o) {
    std::vector<std::string> all;
    const auto look = [&all](const std::string& text) {
        const auto source = contract::source::parse(text);
        if (source && source->what() == contract::source::kind::named) all.emplace_back(source->name());
    };
    look(o.id);
    look(o.service);
    for (const auto& [_, text] : o.parameters) look(text);
    return all;
}

} // namespace loadsim::fleet
