#include <loadsim/http/server.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace loadsim::http {

std::string_view request_view::path() const noexcept {
    auto rest = target;
    for (const std::string_view scheme : {"http://", "https://"})
        if (rest.starts_with(scheme)) {
            rest.remove_prefix(scheme.size());
            rest.remove_prefix(std::min(rest.find('/'), rest.size()));
        }
    return rest.substr(0, rest.find_first_of("?#"));
}

server_response problem_details(unsigned status, std::string_view detail, const header_list& more) {
    boost::json::object body{
        {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
    for (const auto& [name, text] : more) body[name] = text;
    return {.status = status, .body = serialize(body), .content_type = "application/problem+json"};
}

} // namespace loadsim::http
