#include <loadsim/http/fetch.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace loadsim::http {
namespace {

/// Stops the loop at the first response.
class response_waiter final : public client_events {
public:
    explicit response_waiter(net::loop& loop) : loop_(loop) {}
    void on_response(std::uint64_t, const response_view& response) override {
        received = {.status = response.status, .body = std::string(response.body), .headers = response.headers};
        error = response.error;
        loop_.stop();
    }

    response received;
    std::string error;

private:
    net::loop& loop_;
};

std::string advice_on(std::string_view error) {
    if (error.starts_with("tls: the certificate is refused"))
        return "give the CA that signed it (tls.ca), and the host name that it was made for";
    if (error.starts_with("tls:")) return "check that the URL should be https, and the certificate of ours (tls)";
    return "check its URL, and that it runs and listens there";
}

} // namespace

result<response> fetch(const client_options& o, const request& r) {
    const steady_time time;
    net::loop loop(time);
    response_waiter waiter(loop);
    auto single = o;
    single.max_connections = 1;
    single.keep_headers = true;
    auto made = client::make(loop, waiter, single);
    if (!made) return made.error();
    (*made)->send(0, r);
    loop.run();
    if (waiter.received.status == 0)
        return problems{net::to_string(o.base_urls.front()),
                        fmt::format("does not answer an HTTP request ({}); {}", waiter.error, advice_on(waiter.error))};
    return std::move(waiter.received);
}

} // namespace loadsim::http
