// Client of an SMS gateway's HTTP API.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/url.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace loadsim::backend {

/// POST {path}/sms {"to": VIN}; a 2xx response is success.
/// Bound:   16 concurrent requests, 10,000 queued, 5 s timeout. Excess and failed requests are counted in failed().
/// Threads: the loop's; open() before the loop runs.
class sms_gateway final : private http::client_events {
public:
    explicit sms_gateway(net::loop& loop) : loop_(loop) {}
    sms_gateway(const sms_gateway&) = delete;
    sms_gateway& operator=(const sms_gateway&) = delete;

    problems open(const net::endpoint&); ///< errors: host cannot be resolved
    void send(std::string_view vin);
    std::uint64_t failed() const { return failed_; }

private:
    void on_response(std::uint64_t, const http::response_view&) override;

    net::loop& loop_;
    std::unique_ptr<http::client> client_;
    std::size_t pending_ = 0; ///< in flight or queued
    std::uint64_t failed_ = 0;
};

} // namespace loadsim::backend
