#include <loadsim/drive/api_probe.hpp>

#include "http_connection.hpp"
#include "http_request.hpp"

#include <fmt/format.h>

namespace loadsim::drive {

result<void> probe_api(const net::endpoint& api, const boost::asio::ip::tcp::endpoint& address, nanoseconds within) {
    const steady_time time;
    net::loop loop(time);
    http_connection connection(loop, address, within);
    unsigned status = 0;
    std::string trouble;
    connection.exchange(
        http_request("GET", api, "/requests/none"), [](monotonic_time) {},
        [&](const http_connection::answer& answer) {
            status = answer.status;
            trouble = answer.trouble;
            loop.stop();
        });
    loop.run();
    if (status == 0)
        return problems{net::to_string(api),
                        fmt::format("the platform's API does not answer an HTTP request ({}); check its URL", trouble)};
    if (status == 401 || status == 403)
        return problems{net::to_string(api),
                        fmt::format("the platform's API refuses us ({}); let this machine in", status)};
    if (status >= 500)
        return problems{net::to_string(api),
                        fmt::format("the platform's API answers {} to GET /requests/none; see its log", status)};
    return {};
}

} // namespace loadsim::drive
