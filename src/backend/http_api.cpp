#include "http_api.hpp"

#include <loadsim/backend/default_protocol.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>

namespace loadsim::backend {
namespace {

namespace json = boost::json;

// The deepest supported path has four levels; a fifth marks a path as too deep.
struct request_path {
    std::array<std::string_view, 5> levels;
    std::size_t depth = 0;
};

request_path split_path(std::string_view target) {
    request_path path;
    if (!target.starts_with('/')) return path;
    while (!target.empty() && path.depth < path.levels.size()) {
        target.remove_prefix(1);
        const auto level = target.substr(0, target.find('/'));
        path.levels[path.depth++] = level;
        target.remove_prefix(level.size());
    }
    return path;
}

http::server_response method_not_allowed(std::string_view method) {
    auto refusal = http::problem_details(405, "this path takes " + std::string(method));
    refusal.headers.emplace_back("Allow", method == "GET" ? "GET, HEAD" : method);
    return refusal;
}

http::server_response not_found(std::string_view what) { return http::problem_details(404, what); }

bool is_json_object(std::string_view body) {
    boost::system::error_code error;
    const auto parsed = json::parse({body.data(), body.size()}, error);
    return !error && parsed.is_object();
}

http::server_response create_request(service_core& core, std::string_view vin, std::string_view name,
                                     std::string_view body) {
    if (!body.empty() && !is_json_object(body)) return http::problem_details(400, "the body is not a JSON object");
    const auto made = core.create(vin, name);
    switch (made.status) {
    case creation::create_status::invalid_vin:
        return http::problem_details(400, "the VIN is not 17 characters of A-Z and 0-9 without I, O and Q");
    case creation::create_status::unknown_service: return not_found("there is no such remote service");
    case creation::create_status::busy:
        return http::problem_details(409, "the vehicle has an active request; try again when it has ended",
                                     {{"active", made.id}});
    case creation::create_status::created: break;
    }
    return {.status = 202,
            .body = serialize(json::object{{"id", made.id}, {"state", to_string(state::created)}}),
            .headers = {{"Location", "/requests/" + made.id}}};
}

http::server_response get_request(const service_core& core, std::string_view id) {
    const auto* r = core.find(id);
    if (r == nullptr) return not_found("there is no such request, or it has been forgotten");
    json::object instants;
    for (const auto s : {state::created, state::pending, state::running, r->state})
        if (const auto at = r->entered_at(s); at != never) instants[to_string(s)] = core.clock().ms_since_epoch(at);
    return {.body = serialize(json::object{{"id", id},
                                           {"vin", r->vin.view()},
                                           {"service", core.services()[r->service].name},
                                           {"state", to_string(r->state)},
                                           {"reason", r->reason},
                                           {"instants", std::move(instants)}})};
}

/// Handles a posted response or presence like a message on the corresponding topic.
http::server_response receive_message(service_core& core, std::string_view vin, std::string_view body) {
    if (const auto response = read_response(body))
        core.receive(response_topic(vin, response->id), body);
    else if (read_presence(body))
        core.receive(presence_topic(vin), body);
    else
        return http::problem_details(400, "the body is neither a vehicle's word nor its presence");
    return {.status = 202, .content_type = {}};
}

http::server_response get_health(service_core& core) {
    const auto* broker = core.out().is_connected() ? "connected" : "away";
    return {.body = serialize(json::object{{"status", "ok"}, {"broker", broker}})};
}

} // namespace

http::server_response handle_request(service_core& core, const http::request_view& http_request) {
    const auto path = split_path(http_request.path());
    const auto& level = path.levels;
    if (path.depth == 4 && level[0] == "vehicles" && level[2] == "remote-services")
        return http_request.method == "POST" ? create_request(core, level[1], level[3], http_request.body)
                                             : method_not_allowed("POST");
    if (path.depth == 3 && level[0] == "vehicles" && level[2] == "words" && core.accepts_http_responses())
        return http_request.method == "POST" ? receive_message(core, level[1], http_request.body)
                                             : method_not_allowed("POST");
    if (path.depth == 2 && level[0] == "requests")
        return http_request.method == "GET" ? get_request(core, level[1]) : method_not_allowed("GET");
    if (path.depth == 1 && level[0] == "health")
        return http_request.method == "GET" ? get_health(core) : method_not_allowed("GET");
    return not_found("there is no such path");
}

} // namespace loadsim::backend
