#include "http_message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace loadsim::backend {

std::string_view reason_phrase(unsigned status) {
    switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Error";
    }
}

http_response problem_response(unsigned status, std::string_view detail, std::string_view active) {
    boost::json::object body{
        {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
    if (!active.empty()) body["active"] = active;
    return {.status = status, .body = serialize(body), .content_type = "application/problem+json", .headers = {}};
}

} // namespace loadsim::backend
