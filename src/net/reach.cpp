#include <loadsim/net/reach.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <optional>
#include <string>

namespace loadsim::net {
namespace {
namespace asio = boost::asio;
using boost::system::error_code;

/// On loopback a connect to a free port may be given that very port to come from, and then TCP connects it to itself (RFC 9293,
/// 3.5, simultaneous open): nobody is there.
bool is_its_own_peer(const asio::ip::tcp::socket& socket) {
    error_code ours;
    error_code theirs;
    const auto local = socket.local_endpoint(ours);
    return local == socket.remote_endpoint(theirs) && !ours && !theirs;
}

} // namespace

result<asio::ip::tcp::endpoint> reach(const endpoint& place, std::string_view what, nanoseconds within) {
    asio::io_context io;
    asio::ip::tcp::resolver resolver(io);
    error_code error;
    const auto found = resolver.resolve(place.host, std::to_string(place.port), error);
    if (error)
        return problems{to_string(place),
                        fmt::format("the name of the {} cannot be looked up ({}); check the host in its URL", what,
                                    error.message())};
    asio::ip::tcp::socket socket(io);
    std::optional<error_code> outcome;
    asio::ip::tcp::endpoint answered;
    asio::async_connect(socket, found, [&](const error_code& failed, const asio::ip::tcp::endpoint& where) {
        outcome = failed;
        answered = where;
    });
    io.run_for(std::chrono::duration_cast<std::chrono::steady_clock::duration>(within));
    if (!outcome)
        return problems{to_string(place),
                        fmt::format("the {} does not answer within {}; check its address and the network to it", what,
                                    format_duration(within))};
    if (!*outcome && is_its_own_peer(socket)) outcome = asio::error::connection_refused;
    if (*outcome)
        return problems{to_string(place),
                        fmt::format("cannot connect to the {} ({}); check that it runs and listens there", what,
                                    outcome->message())};
    return answered;
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
