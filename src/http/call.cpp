#include <loadsim/http/call.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace loadsim::http {
namespace {

/// Waits for one answer.
class one_answer final : public client_events {
public:
    explicit one_answer(net::loop& loop) : loop_(loop) {}
    void on_answer(std::uint64_t, const answer& seen) override {
        got = {.status = seen.status, .body = std::string(seen.body), .headers = seen.headers};
        trouble = seen.trouble;
        loop_.stop();
    }

    response got;
    std::string trouble;

private:
    net::loop& loop_;
};

std::string advice_on(std::string_view trouble) {
    if (trouble.starts_with("tls: the certificate is refused"))
        return "give the CA that signed it (tls.ca), and the host name that it was made for";
    if (trouble.starts_with("tls:")) return "check that the URL should be https, and the certificate of ours (tls)";
    return "check its URL, and that it runs and listens there";
}

} // namespace

result<response> call(const client_options& o, const request& r) {
    const steady_time time;
    net::loop loop(time);
    one_answer told(loop);
    auto only = o;
    only.connections = 1;
    only.keep_headers = true;
    auto made = client::make(loop, told, only);
    if (!made) return made.error();
    (*made)->send(0, r);
    loop.run();
    if (told.got.status == 0)
        return problems{net::to_string(o.bases.front()),
                        fmt::format("does not answer an HTTP request ({}); {}", told.trouble, advice_on(told.trouble))};
    return std::move(told.got);
}

} // namespace loadsim::http
