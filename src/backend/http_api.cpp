#include "http_api.hpp"

#include <loadsim/backend/default_protocol.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace loadsim::backend {
namespace {

namespace json = boost::json;

constexpr int history_limit_default = 20;
constexpr int history_limit_max = 100;

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

http::server_response not_found(std::string_view what) { return http::problem_details(404, what); }

http::server_response invalid_vin() {
    return http::problem_details(400, "the VIN is not 17 characters of A-Z and 0-9 without I, O and Q");
}

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
    case creation::create_status::invalid_vin: return invalid_vin();
    case creation::create_status::unknown_service: return not_found("there is no such remote service");
    case creation::create_status::busy:
        return http::problem_details(409, "the vehicle has an active request; try again when it has ended",
                                     {{"active", made.id}});
    case creation::create_status::overloaded:
        return http::problem_details(503, "all workers are busy and the queue is full; try again later");
    case creation::create_status::created: break;
    }
    return {.status = 202,
            .body = serialize(json::object{{"id", made.id}, {"state", to_string(state::created)}}),
            .headers = {{"Location", "/requests/" + made.id}}};
}

json::object request_object(std::string_view id, std::string_view vin, std::string_view service, state s,
                            std::string_view reason, json::object instants) {
    return {{"id", id},           {"vin", vin},
            {"service", service}, {"state", to_string(s)},
            {"reason", reason},   {"instants", std::move(instants)}};
}

/// `events`: of one request, in state order.
json::object request_object(std::span<const stored_event> events) {
    json::object instants;
    for (const auto& e : events) instants[to_string(e.state)] = e.at_ms;
    const auto& last = events.back();
    return request_object(last.id, last.vin, last.service, last.state, last.reason, std::move(instants));
}

/// Responds with `respond(events)` when the events are read.
template <class Respond>
http::server_response respond_with_events(service_core& core, event_query query, Respond respond) {
    auto deferred = std::make_shared<http::deferred_response>();
    core.read_events(std::move(query), [deferred, respond](const std::optional<std::vector<stored_event>>& events) {
        deferred->complete(events
                               ? respond(*events)
                               : http::problem_details(503, "the event database cannot be read now; try again later"));
    });
    return {.deferred = std::move(deferred)};
}

http::server_response get_request(service_core& core, std::string_view id) {
    const auto* r = core.find(id);
    if (r == nullptr)
        return respond_with_events(core, {.id = std::string(id)}, [](const std::vector<stored_event>& events) {
            return events.empty() ? not_found("there is no such request, or it has been forgotten")
                                  : http::server_response{.body = serialize(request_object(events))};
        });
    json::object instants;
    for (const auto s : {state::created, state::pending, state::running, r->state})
        if (const auto at = r->entered_at(s); at != never) instants[to_string(s)] = core.clock().ms_since_epoch(at);
    return {.body = serialize(request_object(id, r->vin.view(), core.services()[r->service].name, r->state, r->reason,
                                             std::move(instants)))};
}

/// Reads ?limit=N&before=ID. Returns what is wrong with it; empty: nothing.
std::string parse_history_query(std::string_view text, event_query& query) {
    while (!text.empty()) {
        const auto parameter = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(parameter.size() + 1, text.size()));
        const auto name = parameter.substr(0, parameter.find('='));
        const auto value = parameter.substr(std::min(name.size() + 1, parameter.size()));
        const auto* end = value.data() + value.size();
        if (name == "limit") {
            const auto [last, error] = std::from_chars(value.data(), end, query.limit);
            if (error != std::errc{} || last != end || query.limit < 1 || query.limit > history_limit_max)
                return fmt::format("limit is a number from 1 to {}", history_limit_max);
        } else if (name == "before") {
            if (value.empty()) return "before is the id of a request";
            query.before = value;
        } else {
            return "limit and before are the only query parameters";
        }
    }
    return {};
}

http::server_response get_history(service_core& core, std::string_view vehicle, std::string_view parameters) {
    event_query query{.vin = std::string(vehicle), .limit = history_limit_default};
    if (!vin::parse(vehicle)) return invalid_vin();
    if (const auto wrong = parse_history_query(parameters, query); !wrong.empty())
        return http::problem_details(400, wrong);
    const auto limit = query.limit++; // one more shows whether there is a next page
    const auto respond = [vin = query.vin, limit](std::span<const stored_event> rest) {
        json::array requests;
        std::string_view last_id;
        while (!rest.empty() && std::ssize(requests) < limit) {
            last_id = rest.front().id;
            const auto end = std::ranges::find_if(rest, [&](const stored_event& e) { return e.id != last_id; });
            const auto size = static_cast<std::size_t>(end - rest.begin());
            requests.push_back(request_object(rest.first(size)));
            rest = rest.subspan(size);
        }
        if (requests.empty())
            return not_found("there are no such requests of the vehicle, or they have been forgotten");
        json::object body{{"vin", vin}, {"requests", std::move(requests)}};
        if (!rest.empty()) body["next"] = fmt::format("/vehicles/{}/requests?limit={}&before={}", vin, limit, last_id);
        return http::server_response{.body = serialize(body)};
    };
    return respond_with_events(core, std::move(query), respond);
}

/// Handles a posted response or presence like a message on the corresponding topic.
http::server_response receive_message(service_core& core, std::string_view vin, std::string_view body) {
    if (const auto response = read_response(body))
        core.receive(response_topic(vin, response->id), body);
    else if (read_presence(body))
        core.receive(presence_topic(vin), body);
    else
        return http::problem_details(400, "the body is neither a vehicle's response nor its presence");
    return {.status = 202, .content_type = {}};
}

http::server_response get_health(service_core& core) {
    const auto* broker = core.out().is_connected() ? "connected" : "disconnected";
    return {.body = serialize(json::object{{"status", "ok"}, {"broker", broker}})};
}

} // namespace

http::server_response handle_request(service_core& core, const http::request_view& http_request) {
    const auto path = split_path(http_request.path());
    const auto& level = path.levels;
    if (path.depth == 4 && level[0] == "vehicles" && level[2] == "remote-services")
        return http_request.method == "POST" ? create_request(core, level[1], level[3], http_request.body)
                                             : http::method_not_allowed("POST");
    if (path.depth == 3 && level[0] == "vehicles" && level[2] == "responses" && core.accepts_http_responses())
        return http_request.method == "POST" ? receive_message(core, level[1], http_request.body)
                                             : http::method_not_allowed("POST");
    if (path.depth == 3 && level[0] == "vehicles" && level[2] == "requests")
        return http_request.method == "GET" ? get_history(core, level[1], http_request.query())
                                            : http::method_not_allowed("GET");
    if (path.depth == 2 && level[0] == "requests")
        return http_request.method == "GET" ? get_request(core, level[1]) : http::method_not_allowed("GET");
    if (path.depth == 1 && level[0] == "health")
        return http_request.method == "GET" ? get_health(core) : http::method_not_allowed("GET");
    return not_found("there is no such path");
}

} // namespace loadsim::backend
