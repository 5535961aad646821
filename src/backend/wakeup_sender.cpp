#include "wakeup_sender.hpp"

#include <loadsim/net/url.hpp>

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

#include <string>

namespace loadsim::backend {

using boost::asio::ip::udp;
using boost::system::error_code;

wakeup_sender::wakeup_sender(net::loop& loop) : loop_(loop), socket_(loop.io()) {}

problems wakeup_sender::open(const wakeup_options& settings) {
    problems wrong;
    if (!settings.udp.empty()) {
        if (const auto at = net::parse_listen_address(settings.udp); !at)
            wrong.add(settings.udp, "not where triggers can be sent to; write host:port");
        else if (const auto error = open_socket(*at))
            wrong.add(settings.udp,
                      fmt::format("triggers cannot be sent there ({}); check the address", error.message()));
    }
    if (!settings.sms.empty()) {
        if (const auto at = net::parse_api_url(settings.sms))
            wrong.add(gateway_.emplace(loop_).open(*at));
        else
            wrong.add(settings.sms, "not an SMS gateway's address; write http://host:port");
    }
    return wrong;
}

error_code wakeup_sender::open_socket(const net::endpoint& at) {
    error_code error;
    const auto found = udp::resolver(loop_.io()).resolve(at.host, std::to_string(at.port), error);
    if (error) return error;
    destination_ = found.begin()->endpoint();
    socket_.open(destination_.protocol(), error);
    if (!error) socket_.non_blocking(true, error);
    return error;
}

void wakeup_sender::send(std::string_view vin, std::string_view bearer) {
    if (bearer == "udp" && socket_.is_open())
        send_datagram(vin);
    else if (bearer == "sms" && gateway_)
        gateway_->send(vin);
    else
        ++failed_;
}

// Non-blocking: with a full socket buffer the datagram is lost, as in the network; the trigger is repeated later.
void wakeup_sender::send_datagram(std::string_view vin) {
    error_code error;
    socket_.send_to(boost::asio::buffer(vin), destination_, 0, error);
    if (error) ++failed_;
}

std::uint64_t wakeup_sender::failed() const { return failed_ + (gateway_ ? gateway_->failed() : 0); }

} // namespace loadsim::backend
