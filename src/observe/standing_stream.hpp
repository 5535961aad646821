// A stream of the platform's API that is kept open: what server-sent events and WebSockets have in common.
#pragma once

#include "api_stream.hpp"
#include "ear.hpp"
#include "steps.hpp"

#include <loadsim/http/message.hpp>
#include <loadsim/observe/event.hpp>
#include <loadsim/observe/make_observer.hpp>

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <thread>

namespace loadsim::observe {

/// Connects to one base of the API after the other, and again when a connection ends, with back-off, on a thread of its own.
class standing_stream : public observer {
public:
    result<void> start() final;
    void stop() final;
    counts take() final { return ear_.take(); }
    void overhear(on_heard tell) final { ear_.overhear(std::move(tell)); }
    std::string said() const final;

protected:
    /// `tunnels`: goes through a proxy by CONNECT even without TLS (RFC 6455, 4.1).
    standing_stream(std::string kind, std::string path, contract::reading_options, const surroundings&, on_event,
                    std::uint32_t index, bool tunnels);
    ~standing_stream() override = default; // of the last class: its destructor stops

    /// One connection: asks with this request and hears until it ends. Why it ended.
    virtual std::string converse(api_stream, const http::request&) = 0;

    /// It has been let in: from here on nothing is missed. False: it is to stop.
    void is_up();
    void hear(const contract::heard&, std::string_view what);
    void wait_at_first(std::chrono::milliseconds base) { first_wait_ = base; } ///< before a new connection
    void give_up() { given_up_ = true; } ///< the platform wants no more connections

    const surroundings& where() const { return where_; }
    steps& step_by_step() { return steps_; }
    ear& counting() { return ear_; }

private:
    void keep_open();
    std::string connect_once(const net::endpoint& base);
    std::string reach(plain_stream&, const net::endpoint&);
    std::string tunnel(plain_stream&, const net::endpoint&);
    std::string make_tls();

    std::string kind_, path_, place_;
    contract::reading_options wanted_;
    surroundings where_;
    bool tunnels_;
    ear ear_;
    std::optional<contract::reading> reading_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
    steps steps_;
    // Of the thread.
    std::promise<std::string> first_; ///< empty: it is up
    bool told_ = false;               ///< first_ is set
    bool was_up_ = false;             ///< this connection
    bool given_up_ = false;
    std::chrono::milliseconds first_wait_{200};
    std::thread thread_;
};

} // namespace loadsim::observe
