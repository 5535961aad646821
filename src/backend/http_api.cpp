#include "http_api.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace loadsim::backend {
namespace {

namespace json = boost::json;

// Four levels are the deepest path that we serve; a fifth marks a path as too deep.
struct path {
    std::array<std::string_view, 5> levels;
    std::size_t depth = 0;
};

path split(std::string_view target) {
    // RFC 9112, 3.2.2: a server must accept the absolute form.
    if (target.starts_with("http://")) {
        target.remove_prefix(7);
        target.remove_prefix(std::min(target.find('/'), target.size()));
    }
    target = target.substr(0, target.find_first_of("?#"));
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

http_response only(std::string_view method) {
    auto refusal = problem_response(405, "this path takes " + std::string(method));
    refusal.headers.emplace_back("Allow", method == "GET" ? "GET, HEAD" : method);
    return refusal;
}

http_response not_found(std::string_view what) { return problem_response(404, what); }

bool is_json_object(std::string_view body) {
    boost::system::error_code error;
    const auto parsed = json::parse({body.data(), body.size()}, error);
    return !error && parsed.is_object();
}

http_response create(platform& service, std::string_view vin, std::string_view name, std::string_view body) {
    if (!body.empty() && !is_json_object(body)) return problem_response(400, "the body is not a JSON object");
    const auto made = service.create(vin, name);
    switch (made.what) {
    case creation::verdict::invalid_vin:
        return problem_response(400, "the VIN is not 17 characters of A-Z and 0-9 without I, O and Q");
    case creation::verdict::unknown_service: return not_found("there is no such remote service");
    case creation::verdict::busy:
        return problem_response(409, "the vehicle has an active request; try again when it has ended", made.id);
    case creation::verdict::created: break;
    }
    return {.status = 202,
            .body = serialize(json::object{{"id", made.id}, {"state", to_string(state::created)}}),
            .headers = {{"Location", "/requests/" + made.id}}};
}

http_response show(const platform& service, std::string_view id) {
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
                                           {"instants", std::move(instants)}}),
            .headers = {}};
}

http_response health(platform& service) {
    const auto* broker = service.out().is_connected() ? "connected" : "away";
    return {.body = serialize(json::object{{"status", "ok"}, {"broker", broker}}), .headers = {}};
}

} // namespace

http_response answer(platform& service, const http_request& asked) {
    const auto parts = split(asked.target);
    const auto& level = parts.levels;
    if (parts.depth == 4 && level[0] == "vehicles" && level[2] == "remote-services")
        return asked.method == "POST" ? create(service, level[1], level[3], asked.body) : only("POST");
    if (parts.depth == 2 && level[0] == "requests")
        return asked.method == "GET" ? show(service, level[1]) : only("GET");
    if (parts.depth == 1 && level[0] == "health") return asked.method == "GET" ? health(service) : only("GET");
    return not_found("there is no such path");
}

} // namespace loadsim::backend
