// An SMS gateway, as its client sees it.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace loadsim::backend {

/// POST {path}/sms {"to": VIN}; any answer of 200 to 299 is a yes.
/// Bound:   16 at a time, and 10,000 that wait; 5 s for one. What comes on top, or fails, is counted.
/// Threads: the loop's, open() before it runs.
class sms_gateway final : private http::client_events {
public:
    explicit sms_gateway(net::loop& loop) : loop_(loop) {}
    sms_gateway(const sms_gateway&) = delete;
    sms_gateway& operator=(const sms_gateway&) = delete;

    problems open(const net::endpoint&); ///< errors: a host that cannot be found
    void send(std::string_view vin);
    std::uint64_t failed() const { return failed_; }

private:
    void on_answer(std::uint64_t, const http::answer&) override;

    net::loop& loop_;
    std::unique_ptr<http::client> client_;
    std::size_t open_ = 0; ///< under way or waiting
    std::uint64_t failed_ = 0;
};

} // namespace loadsim::backend
