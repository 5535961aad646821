#include <loadsim/net/connect_check.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>

namespace loadsim::net {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;

/// A loopback connect to a free port may get that port as its source port, and TCP then connects the socket to itself
/// (simultaneous open, RFC 9293, 3.5): there is no listener.
bool is_self_connected(const asio::ip::tcp::socket& socket) {
    error_code ours;
    error_code theirs;
    const auto local = socket.local_endpoint(ours);
    return local == socket.remote_endpoint(theirs) && !ours && !theirs;
}

} // namespace

result<std::vector<asio::ip::tcp::endpoint>> resolve(const endpoint& target, std::string_view peer) {
    asio::io_context io;
    error_code error;
    const auto found = asio::ip::tcp::resolver(io).resolve(target.host, std::to_string(target.port), error);
    if (error)
        return problems{to_string(target),
                        fmt::format("the name of the {} cannot be looked up ({}); check the host in its URL", peer,
                                    error.message())};
    return std::vector<asio::ip::tcp::endpoint>(found.begin(), found.end());
}

result<asio::ip::tcp::endpoint> check_connection(const endpoint& target, std::string_view peer, nanoseconds timeout) {
    const auto addresses = resolve(target, peer);
    if (!addresses) return addresses.error();
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    std::optional<error_code> outcome;
    asio::ip::tcp::endpoint connected_to;
    asio::async_connect(socket, *addresses, [&](const error_code& failed, const asio::ip::tcp::endpoint& address) {
        outcome = failed;
        connected_to = address;
    });
    io.run_for(std::chrono::duration_cast<std::chrono::steady_clock::duration>(timeout));
    if (!outcome)
        return problems{to_string(target),
                        fmt::format("the {} does not answer within {}; check its address and the network to it", peer,
                                    format_duration(timeout))};
    if (!*outcome && is_self_connected(socket)) outcome = asio::error::connection_refused;
    if (*outcome)
        return problems{to_string(target),
                        fmt::format("cannot connect to the {} ({}); check that it runs and listens there", peer,
                                    outcome->message())};
    return connected_to;
}

result<std::uint16_t> free_port() {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io);
    error_code error;
    const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    if (acceptor.open(any.protocol(), error); !error) acceptor.bind(any, error);
    if (error) return problems{"127.0.0.1", fmt::format("no free port ({})", error.message())};
    return acceptor.local_endpoint().port();
}

} // namespace loadsim::net
