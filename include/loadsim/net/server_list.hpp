// Servers behind a list of URLs, and lookup of their names. A name with several addresses is a list, which is kept up to
// date.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::net {

/// One address of a URL's host.
struct server {
    std::size_t url = 0; ///< index into the list of URLs
    boost::asio::ip::tcp::endpoint address;
    friend bool operator==(const server&, const server&) = default;
};

std::string to_string(const boost::asio::ip::tcp::endpoint&); ///< "127.0.0.1:1883", "[::1]:1883"

/// Known addresses of a list of URLs, and when their names have to be looked up again.
///
/// Shape:   in the order of the URLs; addresses of one name are sorted, so that all ranks have the same list. A later lookup
///          removes addresses and appends new ones: the others keep their places.
/// Threads: one. Pure: it reads no clock and looks nothing up.
class address_cache {
public:
    /// A name is looked up at most once in this time: getaddrinfo() does not return how long its answer is valid.
    static constexpr std::chrono::seconds lifetime{30};

    /// Hosts that are addresses need no lookup.
    explicit address_cache(const std::vector<endpoint>& urls);

    /// Names to be looked up now; each counts as being looked up until put().
    std::vector<std::string> take_due(monotonic_time now);
    /// Result of a lookup, in the system's order of preference; empty: it failed, and the known addresses are kept. True: the
    /// list has changed.
    bool put(const std::string& name, const std::vector<boost::asio::ip::address>& found);
    /// Uses IPv6 addresses of the name only, or IPv4 addresses only, as far as it has any.
    void keep_family(const std::string& name, bool v6);
    /// Leaves the address out from now on.
    void pass_over(const boost::asio::ip::tcp::endpoint&);

    std::vector<server> servers() const;

private:
    struct host {
        std::string name;
        std::vector<boost::asio::ip::address> addresses{};
        monotonic_time due{}; ///< of the next lookup; never: an address, or a lookup is running
        monotonic_time looked_up_at{};
        bool literal = false;
        enum class family : std::uint8_t { any, v4, v6 } used = family::any;
    };
    struct location {
        std::size_t host; ///< index into hosts_
        std::uint16_t port;
    };
    host* find(const std::string& name);

    std::vector<host> hosts_;
    std::vector<location> urls_;
    std::set<boost::asio::ip::tcp::endpoint> passed_over_;
};

/// Servers of a list of URLs, shared by its copies.
///
/// Threads: any. Lookups run on threads of their own, which nobody waits for: a slow DNS server delays neither a loop nor the end
///          of the program.
class server_list {
public:
    server_list() : server_list(std::vector<boost::asio::ip::tcp::endpoint>{}) {}
    /// These addresses for ever, without URLs.
    server_list(std::vector<boost::asio::ip::tcp::endpoint> fixed);
    server_list(std::initializer_list<boost::asio::ip::tcp::endpoint> fixed)
        : server_list(std::vector<boost::asio::ip::tcp::endpoint>(fixed)) {}
    /// `peer`: what the servers are, for the log.
    server_list(std::vector<endpoint> urls, address_cache known, std::string_view peer);

    /// The servers as known now. A change makes a new object, which a caller may recognize by its address. Starts lookups of the
    /// names whose last one is 30 s ago; to be called for each connect, so that names are looked up only while they are used.
    std::shared_ptr<const std::vector<server>> at(monotonic_time now) const;
    const std::vector<endpoint>& urls() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

struct found_servers {
    server_list servers;  ///< empty: there is none
    problems unreachable; ///< one sentence for each URL or address that is left out
};

/// `known` if it is a list of these URLs. Otherwise looks up all names, and blocks. `peer`: named in the sentences: "broker",
/// "platform's API".
found_servers look_up(std::vector<endpoint> urls, std::string_view peer, const server_list& known = {});
/// The addresses of all names. Blocks. `unknown`: one sentence for each name that cannot be looked up.
address_cache look_up_names(const std::vector<endpoint>& urls, std::string_view peer, problems& unknown);

} // namespace loadsim::net
