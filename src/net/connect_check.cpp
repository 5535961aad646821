#include <loadsim/net/connect_check.hpp>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace loadsim::net {
namespace {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Connect to one server.
struct server_attempt {
    server_attempt(asio::io_context& io, const server& s) : target(s), socket(io) {
        socket.async_connect(s.address, [this](const error_code& failed) { outcome = failed; });
    }
    bool answered() const { return outcome && !*outcome; }

    server target;
    tcp::socket socket;
    std::optional<error_code> outcome; ///< empty: not in time
};

std::string failure_of(const server_attempt& a, std::string_view peer, nanoseconds timeout) {
    if (!a.outcome)
        return fmt::format("the {} does not answer within {}; check its address and the network to it", peer,
                           format_duration(timeout));
    return fmt::format("cannot connect to the {} ({}); check that it runs and listens there", peer,
                       a.outcome->message());
}

} // namespace

found_servers check_servers(std::vector<endpoint> urls, std::string_view peer, nanoseconds timeout) {
    found_servers found;
    auto known = look_up_names(urls, peer, found.unreachable);
    asio::io_context io;
    std::deque<server_attempt> attempts;
    for (const auto& s : known.servers()) attempts.emplace_back(io, s);
    io.run_for(std::chrono::duration_cast<std::chrono::steady_clock::duration>(timeout));
    for (auto& a : attempts)
        if (a.answered() && is_self_connected(a.socket.native_handle())) a.outcome = asio::error::connection_refused;

    for (std::size_t i = 0; i < urls.size(); ++i) {
        const auto of_url = [i](const server_attempt& a) { return a.target.url == i; };
        const auto first =
            std::ranges::find_if(attempts, [&](const server_attempt& a) { return of_url(a) && a.answered(); });
        const bool any = first != attempts.end();
        if (any) known.keep_family(urls[i].host, first->target.address.address().is_v6());
        bool reported = false;
        for (const auto& a : attempts) {
            if (!of_url(a) || a.answered()) continue;
            known.pass_over(a.target.address);
            if (any && a.target.address.protocol() != first->target.address.protocol()) continue;
            if (any)
                found.unreachable.add(fmt::format("{} at {}", to_string(urls[i]), to_string(a.target.address)),
                                      failure_of(a, peer, timeout));
            else if (!std::exchange(reported, true))
                found.unreachable.add(to_string(urls[i]), failure_of(a, peer, timeout));
        }
    }
    found.servers = server_list(std::move(urls), std::move(known), peer);
    return found;
}

bool is_self_connected(int socket) noexcept {
    tcp::endpoint local;
    tcp::endpoint remote;
    const auto endpoint_of = [socket](tcp::endpoint& e, decltype(&::getsockname) which) {
        auto size = static_cast<socklen_t>(e.capacity());
        return which(socket, e.data(), &size) == 0;
    };
    return endpoint_of(local, &::getsockname) && endpoint_of(remote, &::getpeername) && local == remote;
}

result<std::uint16_t> free_port() {
    asio::io_context io;
    tcp::acceptor acceptor(io);
    error_code error;
    const tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    if (acceptor.open(any.protocol(), error); !error) acceptor.bind(any, error);
    if (error) return problems{"127.0.0.1", fmt::format("no free port ({})", error.message())};
    return acceptor.local_endpoint().port();
}

} // namespace loadsim::net
