#include <loadsim/drive/api_probe.hpp>

#include "http_connection.hpp"
#include "http_request.hpp"

#include <fmt/format.h>

namespace loadsim::drive {
namespace {

/// Waits for one answer.
class one_answer final : public http_connection_events {
public:
    explicit one_answer(net::loop& loop) : loop_(loop) {}
    void on_opened() override {}
    void on_closed() override {}
    void on_sent(request_key, monotonic_time) override {}
    void on_outcome(http_connection&, request_key, const http_outcome& seen) override {
        status = seen.status;
        trouble = seen.trouble;
        loop_.stop();
    }

    unsigned status = 0;
    std::string trouble;

private:
    net::loop& loop_;
};

} // namespace

result<void> probe_api(const net::endpoint& api, const boost::asio::ip::tcp::endpoint& address, nanoseconds within) {
    const steady_time time;
    net::loop loop(time);
    one_answer told(loop);
    http_connection connection(loop, told, address, within);
    connection.exchange({}, http_request("GET", api, "/requests/none"));
    loop.run();
    const auto status = told.status;
    if (status == 0)
        return problems{
            net::to_string(api),
            fmt::format("the platform's API does not answer an HTTP request ({}); check its URL", told.trouble)};
    if (status == 401 || status == 403)
        return problems{net::to_string(api),
                        fmt::format("the platform's API refuses us ({}); let this machine in", status)};
    if (status >= 500)
        return problems{net::to_string(api),
                        fmt::format("the platform's API answers {} to GET /requests/none; see its log", status)};
    return {};
}

} // namespace loadsim::drive
