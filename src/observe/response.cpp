#include <loadsim/observe/response.hpp>

#include <utility>

namespace loadsim::observe {

result<contract::reading> reading_of_an_answer(const contract::reading_options& wanted, const std::string& place) {
    auto known = wanted;
    known.id.clear();
    known.vin.clear();
    return contract::reading::compile(known, place);
}

std::optional<final_event> end_in_response(const contract::reading& reading, std::string_view body,
                                           const http::header_list& headers, monotonic_time at, std::uint32_t index,
                                           contract::fit* watch) {
    contract::heard message{.payload = body};
    message.named = [&headers](std::string_view name) { return http::find(headers, name); };
    auto said = reading.read(message, watch);
    if (!said || !said->end) return std::nullopt;
    return final_event{
        .vin = {}, .request = {}, .end = *said->end, .reason = std::move(said->reason), .at = at, .observer = index};
}

} // namespace loadsim::observe
