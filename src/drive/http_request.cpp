#include "http_request.hpp"

#include <fmt/format.h>

namespace loadsim::drive {

std::string http_request(std::string_view method, const net::endpoint& api, std::string_view path) {
    const bool v6 = api.host.find(':') != std::string::npos;
    return fmt::format("{} {}{} HTTP/1.1\r\nHost: {}{}{}:{}\r\nContent-Length: 0\r\nAccept: application/json\r\n\r\n",
                       method, api.path, path, v6 ? "[" : "", api.host, v6 ? "]" : "", api.port);
}

service_request::service_request(const net::endpoint& api) {
    head_ = http_request("POST", api, "/vehicles/");
    const auto end_of_target = head_.find(' ', std::string_view("POST ").size());
    tail_ = head_.substr(end_of_target);
    head_.resize(end_of_target);
}

void service_request::write(std::string_view vin, std::string_view service, std::string& out) const {
    out.clear();
    out.append(head_).append(vin).append("/remote-services/").append(service).append(tail_);
}

} // namespace loadsim::drive
