// An SMS gateway, as its client sees it.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/net/options.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace loadsim::backend {

/// POST {path}/sms {"to": VIN}, each on a connection of its own; any answer of 200 to 299 is a yes.
/// Bound:   16 at a time, and 10,000 that wait; 5 s for one. What comes on top, or fails, is counted.
/// Threads: all on the one that runs the io_context, open() before it runs.
class sms_gateway {
public:
    explicit sms_gateway(boost::asio::io_context&);
    sms_gateway(const sms_gateway&) = delete;
    sms_gateway& operator=(const sms_gateway&) = delete;
    ~sms_gateway();

    problems open(const net::endpoint&); ///< errors: a host that cannot be found
    void send(std::string_view vin);
    std::uint64_t failed() const;

private:
    class queue; // keeps Beast's headers in one .cpp
    std::shared_ptr<queue> queue_;
};

} // namespace loadsim::backend
