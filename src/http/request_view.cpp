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

std::string_view request_view::query() const noexcept {
    const auto rest = target.substr(0, target.find('#'));
    const auto mark = rest.find('?');
    return mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
}

void deferred_response::complete(server_response r) {
    response_ = std::move(r);
    if (on_complete_) on_complete_();
}

server_response problem_details(unsigned status, std::string_view detail, const header_list& more) {
    boost::json::object body{
        {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
    for (const auto& [name, text] : more) body[name] = text;
    return {.status = status, .body = serialize(body), .content_type = "application/problem+json"};
}

} // namespace loadsim::http
