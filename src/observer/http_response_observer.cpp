#include <loadsim/observer/http_response_observer.hpp>

#include <utility>

namespace loadsim::observer {

result<contract::event_mapping> compile_response_mapping(const contract::event_mapping_options& wanted,
                                                         const std::string& options_path) {
    auto adapted = wanted;
    adapted.id.clear();
    adapted.vin.clear();
    return contract::event_mapping::compile(adapted, options_path);
}

std::optional<completion> completion_in_http_response(const contract::event_mapping& mapping, std::string_view body,
                                                      const http::header_list& headers, monotonic_time at,
                                                      std::uint32_t index, contract::field_match_stats* match_stats) {
    contract::message_view message{.payload = body, .parse_limit = body.size()};
    message.property = [&headers](std::string_view name) { return http::find_header(headers, name); };
    auto event = mapping.extract(message, match_stats);
    if (!event || !event->final_outcome) return std::nullopt;
    return completion{.vin = {},
                      .request = {},
                      .final_outcome = *event->final_outcome,
                      .reason = std::move(event->reason),
                      .at = at,
                      .observer = index,
                      .message = contract::event_message::of({}, body)};
}

} // namespace loadsim::observer
