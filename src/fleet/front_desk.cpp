#include "front_desk.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace loadsim::fleet {
namespace {

namespace json = boost::json;

/// The name in {"behaviour": NAME}.
std::optional<std::string> behaviour_in(std::string_view body) {
    boost::system::error_code error;
    const auto said = json::parse({body.data(), body.size()}, error);
    if (error || !said.is_object()) return std::nullopt;
    const auto* name = said.get_object().if_contains("behaviour");
    if (name == nullptr || !name->is_string()) return std::nullopt;
    return std::string(std::string_view(name->get_string()));
}

http::reply only(const std::string& method) {
    auto no = http::problem(405, "this path takes " + method);
    no.headers.emplace_back("Allow", method);
    return no;
}

} // namespace

front_desk::front_desk(const broker_api_options& o, std::uint64_t seed)
    : options_(o), path_(o.path), vin_(contract::source::parse(o.vin).value()), bad_(o.badness, seed, 0) {}

http::reply front_desk::answer(const http::incoming& asked, nanoseconds since) {
    if (!tell_.command) return refuse(503, "came too early", "not ready yet; try again");
    const auto path = asked.path();
    if (tell_.next)
        if (const auto vin = behaviour_path_.match(path)) return set_behaviour(asked, *vin);
    const auto vin = path_.match(path);
    if (!vin) return refuse(404, "no such path", "commands are posted to " + options_.path);
    if (asked.method != options_.method) {
        ++counted.malformed;
        ++counted.reasons["broker-api: no such method"];
        return only(options_.method);
    }
    return take_command(asked, vin_.what() == contract::source::kind::none ? *vin : vin_in(asked), since);
}

std::string front_desk::vin_in(const http::incoming& asked) const {
    const auto path = asked.path();
    const contract::heard heard{.topic = path.substr(std::min<std::size_t>(1, path.size())),
                                .payload = asked.body,
                                .named = [&](std::string_view name) { return asked.header(name); }};
    std::string vin;
    contract::message_reader(heard).read(vin_, vin);
    return vin;
}

http::reply front_desk::take_command(const http::incoming& asked, std::string_view vin, nanoseconds since) {
    const auto v = tell_.found(vin);
    if (!v) return refuse(404, "no such vehicle", fmt::format("there is no vehicle {}", vin));
    http::reply yes{.status = options_.status, .body = options_.body};
    if (yes.body.empty()) yes.content_type.clear();
    if (const auto* bad = bad_.next_command(since)) {
        switch (bad->what) {
        case badness::kind::status: {
            ++counted.refused;
            auto no = http::problem(bad->status, "on purpose");
            const auto whole = std::chrono::ceil<std::chrono::seconds>(bad->retry_after).count();
            if (whole > 0) no.headers.emplace_back("Retry-After", std::to_string(whole));
            return no;
        }
        case badness::kind::reset: ++counted.reset; return {.how = http::reply::manner::reset};
        case badness::kind::slow:
            ++counted.slowed;
            yes.after = bad->by;
            break;
        case badness::kind::duplicate: break; // it befalls words
        }
    }
    ++counted.accepted;
    broker_api_command command{
        .topic = std::string(asked.path().substr(1)), .payload = std::string(asked.body), .headers = {}};
    for (const auto& name : tell_.headers)
        if (const auto value = asked.header(name); !value.empty()) command.headers.emplace_back(name, value);
    tell_.command(*v, std::move(command));
    return yes;
}

http::reply front_desk::set_behaviour(const http::incoming& asked, std::string_view vin) {
    if (asked.method != "POST") return only("POST");
    const auto v = tell_.found(vin);
    if (!v) return http::problem(404, fmt::format("there is no vehicle {}", vin));
    const auto name = behaviour_in(asked.body);
    if (!name) return http::problem(400, R"(the body is not {"behaviour": NAME})");
    if (std::ranges::find(tell_.behaviours, *name) == tell_.behaviours.end())
        return http::problem(
            404, fmt::format("there is no behaviour {}; there are {}", *name, fmt::join(tell_.behaviours, ", ")));
    tell_.next(*v, *name);
    return {.status = 200, .body = serialize(json::object{{"vin", vin}, {"behaviour", *name}})};
}

http::reply front_desk::refuse(unsigned status, std::string_view why, std::string_view detail) {
    ++counted.malformed;
    ++counted.reasons[fmt::format("broker-api: {}", why)];
    return http::problem(status, detail);
}

} // namespace loadsim::fleet
