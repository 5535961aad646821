// HTTP client with its loop, and a server, for tests of one against the other.
#pragma once

#include <loadsim/http/client.hpp>
#include <loadsim/http/server.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harness {

namespace http = loadsim::http;
namespace net = loadsim::net;

inline const net::endpoint any_port{"http", "127.0.0.1", 0, ""};

inline http::listener listen(http::handler handler, const http::server_options& o = {}) {
    auto made = http::listener::start(any_port, o, std::move(handler));
    if (!made) throw std::runtime_error(loadsim::to_string(made.error()));
    return std::move(*made);
}

/// Responds with method, target and body of the request.
inline http::server_response echo(const http::request_view& r) {
    return {.body = fmt::format("{} {} {}", r.method, r.target, r.body), .headers = {{"X-Seen", "yes"}}};
}

inline net::endpoint local(std::string_view scheme, std::uint16_t port, std::string_view host = "127.0.0.1") {
    return {std::string(scheme), std::string(host), port, ""};
}

/// Client with its loop; sends requests and waits for the responses.
class http_test_client final : private http::client_events {
public:
    explicit http_test_client(const http::client_options& o) : loop_(time_), timeout_(loop_.io().get_executor()) {
        auto made = http::client::make(loop_, *this, o);
        if (!made) throw std::runtime_error(loadsim::to_string(made.error()));
        client_ = std::move(*made);
    }

    /// Sends all at once; returns "200 body" or the error of each, in order.
    std::vector<std::string> send_all(const std::vector<http::request>& all) {
        results_.assign(all.size(), "");
        outstanding_ = all.size();
        boost::asio::post(loop_.io(), [this, &all] {
            for (std::size_t i = 0; i < all.size(); ++i) client_->send(i, all[i]);
        });
        timeout_.expires_after(std::chrono::seconds{20});
        timeout_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            ADD_FAILURE() << outstanding_ << " have not been answered";
            loop_.stop();
        });
        loop_.run();
        loop_.io().restart();
        timeout_.cancel();
        return results_;
    }
    /// Sends sequentially.
    std::vector<std::string> send_sequentially(std::size_t count, const http::request& r = {.target = "/"}) {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < count; ++i) all.push_back(send_all({r}).front());
        return all;
    }
    http::client_counts take_counts() { return client_->take_counts(); }
    http::header_list headers; ///< of the last response
    void set_tap(net::byte_tap& tap) { loop_.tap = &tap; }

private:
    void on_response(std::uint64_t token, const http::response_view& a) override {
        results_.at(token) = a.status == 0 ? std::string(a.error) : fmt::format("{} {}", a.status, a.body);
        headers = a.headers;
        if (--outstanding_ == 0) loop_.stop();
    }

    loadsim::steady_time time_;
    net::loop loop_;
    net::clock_timer timeout_;
    std::unique_ptr<http::client> client_;
    std::vector<std::string> results_;
    std::size_t outstanding_ = 0;
};

inline std::string fetch_result(const http::client_options& o) {
    const auto response = http::fetch(o, {.target = "/"});
    return response ? fmt::format("answered {}", response->status) : loadsim::to_string(response.error());
}

} // namespace harness
