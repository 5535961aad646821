// The API's sockets.
#pragma once

#include "http_conversation.hpp"

#include <loadsim/backend/figures.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/net/options.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace loadsim::backend {

struct http_server_options {
    http_limits limits{};
    std::size_t connections = 4'096;         ///< more are answered 503 and closed
    std::chrono::seconds request_within{10}; ///< from a request's first byte to its last; also for taking the response
    std::chrono::seconds idle_for{120};      ///< between requests
};

/// Threads: all on the one that runs the io_context, open() before it runs.
class http_server {
public:
    /// `worked`: called after each piece of input that was handled, once its responses are on their way.
    http_server(boost::asio::io_context&, http_server_options, http_handler, std::function<void()> worked);
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;
    ~http_server();

    /// Binds, listens and accepts; hands back the port. Errors: the address, why, and what to do.
    result<std::uint16_t> open(const net::endpoint&);

    /// No more connections and no more requests; responses under way are still sent. Then open connections fall to 0.
    void close();

    const http_figures& counted() const;

private:
    class acceptor;
    std::shared_ptr<acceptor> acceptor_;
};

} // namespace loadsim::backend
