#include "wake_edge.hpp"

#include <loadsim/net/options.hpp>

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

#include <string>

namespace loadsim::backend {

using boost::asio::ip::udp;
using boost::system::error_code;

wake_edge::wake_edge(net::loop& loop) : loop_(loop), socket_(loop.io()) {}

problems wake_edge::open(const wake_options& wanted) {
    problems wrong;
    if (!wanted.udp.empty()) {
        if (const auto at = net::parse_listen_address(wanted.udp); !at)
            wrong.add(wanted.udp, "not where triggers can be sent to; write host:port");
        else if (const auto error = open_port(*at))
            wrong.add(wanted.udp,
                      fmt::format("triggers cannot be sent there ({}); check the address", error.message()));
    }
    if (!wanted.sms.empty()) {
        if (const auto at = net::parse_api_url(wanted.sms))
            wrong.add(gateway_.emplace(loop_).open(*at));
        else
            wrong.add(wanted.sms, "not an SMS gateway's address; write http://host:port");
    }
    return wrong;
}

error_code wake_edge::open_port(const net::endpoint& at) {
    error_code error;
    const auto found = udp::resolver(loop_.io()).resolve(at.host, std::to_string(at.port), error);
    if (error) return error;
    port_ = found.begin()->endpoint();
    socket_.open(port_.protocol(), error);
    if (!error) socket_.non_blocking(true, error);
    return error;
}

void wake_edge::send(std::string_view vin, std::string_view bearer) {
    if (bearer == "udp" && socket_.is_open())
        send_datagram(vin);
    else if (bearer == "sms" && gateway_)
        gateway_->send(vin);
    else
        ++failed_;
}

// Without blocking: a full buffer loses it, as the network may; the next trigger follows.
void wake_edge::send_datagram(std::string_view vin) {
    error_code error;
    socket_.send_to(boost::asio::buffer(vin), port_, 0, error);
    if (error) ++failed_;
}

std::uint64_t wake_edge::failed() const { return failed_ + (gateway_ ? gateway_->failed() : 0); }

} // namespace loadsim::backend
