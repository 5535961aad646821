#include "streaming_observer.hpp"

#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/backoff.hpp>
#include <loadsim/net/server_list.hpp>
#include <loadsim/net/tls.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>
#include <vector>

namespace loadsim::observer {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds stream_connect_timeout{5}; // start() is limited to 10 s in all, also with several bases
constexpr std::chrono::seconds max_reconnect_delay{5};

} // namespace

streaming_observer::streaming_observer(std::string kind, std::string path, contract::event_mapping_options wanted,
                                       const observer_context& context, on_completion handler, std::uint32_t index,
                                       bool always_tunnel)
    : kind_(std::move(kind)), path_(std::move(path)), options_path_(observer_options_path(index, kind_)),
      mapping_options_(std::move(wanted)), context_(context), always_tunnel_(always_tunnel), index_(index),
      sink_(std::move(handler), index) {}

result<void> streaming_observer::start() {
    if (context_.api.base_urls.empty())
        return problems{options_path_, "there is no API to connect to; give target.api"};
    auto mapping = compile_event_mapping(mapping_options_, options_path_);
    if (!mapping) return mapping.error();
    mapping_.emplace(std::move(*mapping));
    if (const auto configured = net::configure_tls(tls_.native_handle(), context_.api.tls); !configured)
        return configured.error();
    const auto& api = context_.api;
    auto found = net::look_up(api.proxy ? std::vector{*api.proxy} : api.base_urls, "platform's API", api.servers);
    servers_ = std::move(found.servers);
    if (servers_.at(std::chrono::steady_clock::now())->empty())
        return problems{options_path_, to_string(found.unreachable.list.front())};
    auto up = start_result_.get_future();
    thread_ = std::thread([this] { run(); });
    if (auto error = up.get(); !error.empty()) {
        stop();
        return problems{options_path_, std::move(error)};
    }
    return {};
}

void streaming_observer::stop() {
    blocking_io_.stop();
    if (thread_.joinable()) thread_.join();
}

std::string streaming_observer::notice() const {
    return start_reported_
               ? fmt::format("{}: connects to {}{}", kind_, net::to_string(context_.api.base_urls.front()), path_)
               : std::string{};
}

void streaming_observer::mark_connected() {
    was_connected_ = true;
    if (start_reported_) return sink_.count_reconnect();
    start_reported_ = true;
    start_result_.set_value({});
}

void streaming_observer::on_message(const contract::message_view& message, std::string_view what) {
    sink_.on_message(*mapping_, message, what, std::chrono::steady_clock::now());
}

void streaming_observer::run() {
    std::mt19937_64 random{std::random_device{}()};
    std::uniform_real_distribution<double> unit{0, 1};
    const auto& bases = context_.api.base_urls;
    const auto& proxy = context_.api.proxy;
    std::uint32_t failed = 0; // consecutive
    for (std::size_t turn = index_; !blocking_io_.stopped() && !stop_reconnecting_; ++turn) {
        was_connected_ = false;
        const auto known = servers_.at(std::chrono::steady_clock::now());
        const auto& server = (*known)[turn % known->size()];
        const auto& base = bases[proxy ? turn % bases.size() : server.url];
        std::string why = "failed; see the log";
        log_exhaustion(kind_, [&] { why = connect_once(base, server.address); });
        const auto ended = fmt::format("{}{}: {}", net::to_string(base), path_, why);
        if (blocking_io_.stopped()) break;
        failed = was_connected_ ? 0 : failed + 1;
        if (!start_reported_) {
            if (failed < std::max(known->size(), bases.size()) && !stop_reconnecting_) continue;
            return start_result_.set_value(ended); // all failed: so does start()
        }
        sink_.count_connection_error(why);
        log_warning(fmt::format("{}: {}{}", kind_, ended, stop_reconnecting_ ? "" : "; connecting again"));
        if (!stop_reconnecting_)
            blocking_io_.sleep(net::backoff(
                reconnect_delay_, std::max<nanoseconds>(max_reconnect_delay, reconnect_delay_), failed, unit(random)));
    }
    if (!start_reported_) start_result_.set_value("was stopped");
}

std::string streaming_observer::connect_once(const net::endpoint& base, const tcp::endpoint& address) {
    http::request request{.target = path_};
    if (context_.sign) context_.sign(request);
    request.target = base.path + request.target;
    const bool is_secure = net::uses_tls(base);
    const bool is_proxied = context_.api.proxy.has_value();
    any_stream socket(blocking_io_.io());
    socket.expires_after(stream_connect_timeout);
    if (auto error = connect_tcp(socket, address); !error.empty()) return error;
    sink_.count_connection(net::to_string(address));
    if (is_proxied && (is_secure || always_tunnel_)) {
        if (auto error = open_tunnel(socket, base); !error.empty()) return error;
    } else if (is_proxied) {
        request.target = fmt::format("http://{}{}", http::authority(base), request.target); // RFC 9112, 3.2.2
    }
    if (is_secure) {
        const auto failed = blocking_io_.run(
            [&](auto done) { socket.async_handshake(tls_, context_.api.tls, base.host, std::move(done)); },
            [&] { socket.close(); });
        if (failed) return fmt::format("no TLS ({})", socket.describe(failed));
    }
    if (context_.tap != nullptr) socket.start_tap(*context_.tap);
    return run_connection(std::move(socket), request, http::authority(base));
}

std::string streaming_observer::connect_tcp(any_stream& socket, const tcp::endpoint& address) {
    const auto failed =
        blocking_io_.run([&](auto done) { socket.async_connect(address, std::move(done)); }, [&] { socket.close(); });
    if (failed) return fmt::format("cannot connect ({}); check that it runs and listens there", failed.message());
    return {};
}

std::string streaming_observer::open_tunnel(any_stream& socket, const net::endpoint& to) {
    http::response_stream response(context_.api.limits, true);
    auto failed = write_all(socket, http::connect_request(to));
    while (!failed && !response.done()) failed = read_into(socket, response);
    if (failed) {
        const auto why = response.describe(failed);
        return fmt::format("the proxy does not answer ({})", why.empty() ? failed.message() : why);
    }
    if (response.status() != 200) return fmt::format("the proxy answers {}; see target.proxy", response.status());
    return {};
}

error_code streaming_observer::write_all(any_stream& socket, std::string_view bytes) {
    error_code failed;
    while (!bytes.empty() && !failed)
        failed = blocking_io_.run(
            [&](auto done) {
                socket.write_some(asio::buffer(bytes), [&bytes, done](error_code error, std::size_t size) mutable {
                    bytes.remove_prefix(size);
                    done(error);
                });
            },
            [&] { socket.close(); });
    return failed;
}

error_code streaming_observer::read_into(any_stream& socket, http::response_stream& response) {
    std::size_t size = 0;
    const auto failed = blocking_io_.run(
        [&](auto done) {
            socket.read_some(asio::buffer(bytes_), [&size, done](error_code error, std::size_t read) mutable {
                size = read;
                done(error);
            });
        },
        [&] { socket.close(); });
    if (failed == asio::error::eof || failed == asio::ssl::error::stream_truncated) return response.put_eof();
    return failed ? failed : response.feed({bytes_.data(), size});
}

} // namespace loadsim::observer
