// The bytes of a request to the platform's API.
#pragma once

#include <loadsim/net/options.hpp>

#include <string>
#include <string_view>

namespace loadsim::drive {

/// A whole HTTP/1.1 request without a body, for a kept-alive connection. `path` goes behind the API's own.
std::string http_request(std::string_view method, const net::endpoint& api, std::string_view path);

/// The same for remote-service requests: what is alike in all of them is made once.
class service_request {
public:
    explicit service_request(const net::endpoint& api);
    /// POST {path}/vehicles/{vin}/remote-services/{service}, in place of what `out` held.
    void write(std::string_view vin, std::string_view service, std::string& out) const;

private:
    std::string head_; ///< up to the VIN
    std::string tail_; ///< from behind the service
};

} // namespace loadsim::drive
