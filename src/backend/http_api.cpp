#include "http_api.hpp"

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>

namespace loadsim::backend {
namespace {

namespace json = boost::json;

// Four levels are the deepest path that we serve; a fifth marks a path as too deep.
struct path {
    std::array<std::string_view, 5> levels;
    std::size_t depth = 0;
};

path split(std::string_view target) {
    path parts;
    if (!target.starts_with('/')) return parts;
    while (!target.empty() && parts.depth < parts.levels.size()) {
        target.remove_prefix(1);
        const auto level = target.substr(0, target.find('/'));
        parts.levels[parts.depth++] = level;
        target.remove_prefix(level.size());
    }
    return parts;
}

http::reply only(std::string_view method) {
    auto refusal = http::problem(405, "this path takes " + std::string(method));
    refusal.headers.emplace_back("Allow", method == "GET" ? "GET, HEAD" : method);
    return refusal;
}

http::reply not_found(std::string_view what) { return http::problem(404, what); }

bool is_json_object(std::string_view body) {
    boost::system::error_code error;
    const auto parsed = json::parse({body.data(), body.size()}, error);
    return !error && parsed.is_object();
}

http::reply create(platform& service, std::string_view vin, std::string_view name, std::string_view body) {
    if (!body.empty() && !is_json_object(body)) return http::problem(400, "the body is not a JSON object");
    const auto made = service.create(vin, name);
    switch (made.what) {
    case creation::verdict::invalid_vin:
        return http::problem(400, "the VIN is not 17 characters of A-Z and 0-9 without I, O and Q");
    case creation::verdict::unknown_service: return not_found("there is no such remote service");
    case creation::verdict::busy:
        return http::problem(409, "the vehicle has an active request; try again when it has ended",
                             {{"active", made.id}});
    case creation::verdict::created: break;
    }
    return {.status = 202,
            .body = serialize(json::object{{"id", made.id}, {"state", to_string(state::created)}}),
            .headers = {{"Location", "/requests/" + made.id}}};
}

http::reply show(const platform& service, std::string_view id) {
    const auto* r = service.find(id);
    if (r == nullptr) return not_found("there is no such request, or it has been forgotten");
    json::object instants;
    for (const auto s : {state::created, state::pending, state::running, r->state})
        if (const auto at = r->entered_at(s); at != never) instants[to_string(s)] = service.dates().ms_since_epoch(at);
    return {.body = serialize(json::object{{"id", id},
                                           {"vin", r->vin.view()},
                                           {"service", service.services()[r->service].name},
                                           {"state", to_string(r->state)},
                                           {"reason", r->reason},
                                           {"instants", std::move(instants)}})};
}

/// Of whatever came: a word as its response topic would bring it, or presence.
http::reply hear(platform& service, std::string_view vin, std::string_view body) {
    if (const auto word = contract::read_response(body))
        service.receive(contract::response_topic(vin, word->id), body);
    else if (contract::read_presence(body))
        service.receive(contract::presence_topic(vin), body);
    else
        return http::problem(400, "the body is neither a vehicle's word nor its presence");
    return {.status = 202, .content_type = {}};
}

http::reply health(platform& service) {
    const auto* broker = service.out().is_connected() ? "connected" : "away";
    return {.body = serialize(json::object{{"status", "ok"}, {"broker", broker}})};
}

} // namespace

http::reply answer(platform& service, const http::incoming& asked) {
    const auto parts = split(asked.path());
    const auto& level = parts.levels;
    if (parts.depth == 4 && level[0] == "vehicles" && level[2] == "remote-services")
        return asked.method == "POST" ? create(service, level[1], level[3], asked.body) : only("POST");
    if (parts.depth == 3 && level[0] == "vehicles" && level[2] == "words" && service.hears_words())
        return asked.method == "POST" ? hear(service, level[1], asked.body) : only("POST");
    if (parts.depth == 2 && level[0] == "requests")
        return asked.method == "GET" ? show(service, level[1]) : only("GET");
    if (parts.depth == 1 && level[0] == "health") return asked.method == "GET" ? health(service) : only("GET");
    return not_found("there is no such path");
}

} // namespace loadsim::backend
