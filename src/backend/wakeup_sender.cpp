#include "wakeup_sender.hpp"

#include <loadsim/net/url.hpp>

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

namespace loadsim::backend {

using boost::asio::ip::udp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t connections_max = 16;
constexpr std::size_t waiting_max = 10'000;
constexpr std::chrono::seconds request_timeout{5};

} // namespace

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
            wrong.add(open_gateway(*at));
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
        send_sms(vin);
    else
        ++failed_;
}

// Non-blocking: with a full socket buffer the datagram is lost, as in the network; the trigger is repeated later.
void wakeup_sender::send_datagram(std::string_view vin) {
    error_code error;
    socket_.send_to(boost::asio::buffer(vin), destination_, 0, error);
    if (error) ++failed_;
}

problems wakeup_sender::open_gateway(const net::endpoint& at) {
    http::client_events& self = *this;
    auto made = http::client::make(loop_, self,
                                   {.base_urls = {at}, .max_connections = connections_max, .timeout = request_timeout});
    if (!made)
        return problems{net::to_string(at),
                        fmt::format("the SMS gateway cannot be asked: {}", made.error().list.front().text)};
    gateway_ = std::move(*made);
    return {};
}

void wakeup_sender::send_sms(std::string_view vin) {
    if (pending_sms_ >= connections_max + waiting_max) {
        ++failed_;
        return;
    }
    ++pending_sms_;
    // A VIN needs no escaping.
    gateway_->send(0, {.method = "POST", .target = "/sms", .body = fmt::format(R"({{"to":"{}"}})", vin)});
}

void wakeup_sender::on_response(std::uint64_t, const http::response_view& response) {
    --pending_sms_;
    if (response.status / 100 != 2) ++failed_;
}

} // namespace loadsim::backend
