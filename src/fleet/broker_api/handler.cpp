#include "broker_api/handler.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/message_parser.hpp>

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

/// Removes and returns the first level of a path that begins with '/'.
std::string_view next_level(std::string_view& path) {
    path.remove_prefix(1);
    const auto level = path.substr(0, path.find('/'));
    path.remove_prefix(level.size());
    return level;
}

namespace json = boost::json;

/// The name in {"behaviour": NAME}.
std::optional<std::string> parse_behaviour_name(std::string_view body) {
    boost::system::error_code error;
    const auto parsed = json::parse({body.data(), body.size()}, error);
    if (error || !parsed.is_object()) return std::nullopt;
    const auto* name = parsed.get_object().if_contains("behaviour");
    if (name == nullptr || !name->is_string()) return std::nullopt;
    return std::string(std::string_view(name->get_string()));
}

} // namespace

route_pattern::route_pattern(std::string_view pattern) {
    valid_ = pattern.starts_with('/');
    while (valid_ && !pattern.empty()) {
        const auto text = next_level(pattern);
        const bool wildcard = text.size() > 2 && text.starts_with('{') && text.ends_with('}');
        if (wildcard && text == "{vin}") {
            valid_ = !vin_;
            vin_ = levels_.size();
        }
        valid_ = valid_ && !text.empty() && (wildcard || text.find_first_of("{}?#") == std::string_view::npos);
        levels_.push_back({std::string(text), wildcard});
    }
}

std::optional<std::string> route_pattern::match(std::string_view path) const {
    if (!path.starts_with('/')) return std::nullopt;
    std::string vin;
    for (std::size_t i = 0; i < levels_.size(); ++i) {
        if (path.empty()) return std::nullopt;
        const auto text = next_level(path);
        if (text.empty() || (!levels_[i].wildcard && text != levels_[i].text)) return std::nullopt;
        if (i == vin_) vin = percent_decode(text);
    }
    if (!path.empty()) return std::nullopt;
    return vin;
}

broker_api_handler::broker_api_handler(const broker_api_options& o, std::uint64_t seed)
    : options_(o), route_(o.path), vin_path_(contract::field_path::parse(o.vin).value()),
      faults_(make_fault_plan(o.faults, fault_target::commands, seed, 0)) {}

http::server_response broker_api_handler::handle(const http::request_view& request, nanoseconds since_start) {
    if (!handlers_.on_command) return reject(503, "not ready", "not ready yet; try again");
    const auto path = request.path();
    if (handlers_.set_next_behaviour)
        if (const auto vin = behaviour_route_.match(path)) return set_behaviour(request, *vin);
    const auto vin = route_.match(path);
    if (!vin) return reject(404, "no such path", "commands are posted to " + options_.path);
    if (request.method != options_.method) {
        ++counts.malformed;
        ++counts.reasons["broker-api: no such method"];
        return http::method_not_allowed(options_.method);
    }
    return accept_command(request, vin_path_.type() == contract::field_path::kind::none ? *vin : extract_vin(request),
                          since_start);
}

std::string broker_api_handler::extract_vin(const http::request_view& request) const {
    const auto path = request.path();
    const contract::message_view view{.topic = path.substr(std::min<std::size_t>(1, path.size())),
                                      .payload = request.body,
                                      .property = [&](std::string_view name) { return request.header(name); }};
    std::string vin;
    contract::message_parser(view).extract(vin_path_, vin);
    return vin;
}

http::server_response broker_api_handler::accept_command(const http::request_view& request, std::string_view vin,
                                                         nanoseconds since_start) {
    const auto v = handlers_.find_vehicle(vin);
    if (!v) return reject(404, "no such vehicle", fmt::format("there is no vehicle {}", vin));
    http::server_response accepted{.status = options_.status, .body = options_.body};
    if (accepted.body.empty()) accepted.content_type.clear();
    if (const auto* active_fault = faults_.next(since_start)) {
        switch (active_fault->what) {
        case fault::kind::status: {
            ++counts.refused;
            auto response = http::problem_details(active_fault->status, "injected fault");
            const auto retry_seconds = std::chrono::ceil<std::chrono::seconds>(active_fault->retry_after).count();
            if (retry_seconds > 0) response.headers.emplace_back("Retry-After", std::to_string(retry_seconds));
            return response;
        }
        case fault::kind::reset: ++counts.reset; return {.kind = http::server_response::response_kind::reset};
        case fault::kind::slow:
            ++counts.delayed;
            accepted.delay = active_fault->delay;
            break;
        case fault::kind::duplicate: break; // applies to responses
        }
    }
    ++counts.accepted;
    delivered_command command{
        .topic = std::string(request.path().substr(1)), .payload = std::string(request.body), .headers = {}};
    for (const auto& name : handlers_.headers)
        if (const auto value = request.header(name); !value.empty()) command.headers.emplace_back(name, value);
    handlers_.on_command(*v, std::move(command));
    return accepted;
}

http::server_response broker_api_handler::set_behaviour(const http::request_view& request, std::string_view vin) {
    if (request.method != "POST") return http::method_not_allowed("POST");
    const auto v = handlers_.find_vehicle(vin);
    if (!v) return http::problem_details(404, fmt::format("there is no vehicle {}", vin));
    const auto name = parse_behaviour_name(request.body);
    if (!name) return http::problem_details(400, R"(the body is not {"behaviour": NAME})");
    if (std::ranges::find(handlers_.behaviours, *name) == handlers_.behaviours.end())
        return http::problem_details(
            404, fmt::format("there is no behaviour {}; there are {}", *name, fmt::join(handlers_.behaviours, ", ")));
    handlers_.set_next_behaviour(*v, *name);
    return {.status = 200, .body = serialize(json::object{{"vin", vin}, {"behaviour", *name}})};
}

http::server_response broker_api_handler::reject(unsigned status, std::string_view why, std::string_view detail) {
    ++counts.malformed;
    ++counts.reasons[fmt::format("broker-api: {}", why)];
    return http::problem_details(status, detail);
}

} // namespace loadsim::fleet
