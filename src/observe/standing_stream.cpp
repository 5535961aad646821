#include "standing_stream.hpp"

#include <loadsim/net/backoff.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <random>
#include <utility>

namespace loadsim::observe {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds connect_within{5}; // with several bases start() is to end in ten
constexpr std::chrono::seconds wait_at_most{5};

std::string authority(const net::endpoint& e) {
    const bool v6 = e.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", e.host, v6 ? "]" : "", e.port);
}

} // namespace

standing_stream::standing_stream(std::string kind, std::string path, contract::reading_options wanted,
                                 const surroundings& where, on_event tell, std::uint32_t index, bool tunnels)
    : kind_(std::move(kind)), path_(std::move(path)), place_(place_of(index, kind_)), wanted_(std::move(wanted)),
      where_(where), tunnels_(tunnels), ear_(std::move(tell), index) {}

std::string standing_stream::make_tls() {
    error_code wrong;
    const auto& files = where_.api.tls;
    const auto refuse = [&](const std::string& file, const char* what) {
        return fmt::format("{} is no {} in PEM that can be read ({})", file, what, wrong.message());
    };
    tls_.set_verify_mode(asio::ssl::verify_peer);
    SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
    if (files.ca.empty())
        tls_.set_default_verify_paths(wrong);
    else if (tls_.load_verify_file(files.ca, wrong); wrong)
        return refuse(files.ca, "list of trusted certificates");
    if (files.certificate.empty()) return {};
    if (tls_.use_certificate_chain_file(files.certificate, wrong); wrong)
        return refuse(files.certificate, "certificate");
    const auto& key = files.key.empty() ? files.certificate : files.key;
    if (tls_.use_private_key_file(key, asio::ssl::context::pem, wrong); wrong) return refuse(key, "private key");
    return {};
}

result<void> standing_stream::start() {
    if (where_.api.bases.empty()) return problems{place_, "there is no API to listen to; give target.api"};
    auto reading = reading_of_events(wanted_, place_);
    if (!reading) return reading.error();
    reading_.emplace(std::move(*reading));
    if (auto trouble = make_tls(); !trouble.empty()) return problems{"target.tls", std::move(trouble)};
    auto up = first_.get_future();
    thread_ = std::thread([this] { keep_open(); });
    if (auto trouble = up.get(); !trouble.empty()) {
        stop();
        return problems{place_, std::move(trouble)};
    }
    return {};
}

void standing_stream::stop() {
    steps_.stop();
    if (thread_.joinable()) thread_.join();
}

std::string standing_stream::said() const {
    return told_ ? fmt::format("{}: listens to {}{}", kind_, net::to_string(where_.api.bases.front()), path_)
                 : std::string{};
}

void standing_stream::is_up() {
    was_up_ = true;
    if (told_) return ear_.reconnected();
    told_ = true;
    first_.set_value({});
}

void standing_stream::hear(const contract::heard& message, std::string_view what) {
    ear_.hear(*reading_, message, what, std::chrono::steady_clock::now());
}

void standing_stream::keep_open() {
    std::mt19937_64 random{std::random_device{}()};
    std::uniform_real_distribution<double> unit{0, 1};
    const auto& bases = where_.api.bases;
    std::uint32_t failed = 0; // in a row
    for (std::size_t turn = 0; !steps_.stopped() && !given_up_; ++turn) {
        was_up_ = false;
        const auto& base = bases[turn % bases.size()];
        const auto ended = fmt::format("{}{}: {}", net::to_string(base), path_, connect_once(base));
        if (steps_.stopped()) break;
        failed = was_up_ ? 0 : failed + 1;
        if (!told_) {
            if (failed < bases.size() && !given_up_) continue;
            return first_.set_value(ended); // nothing will come: the start has failed
        }
        spdlog::warn("{}: {}{}", kind_, ended, given_up_ ? "" : "; connecting again");
        if (!given_up_)
            steps_.sleep(
                net::backoff(first_wait_, std::max<nanoseconds>(wait_at_most, first_wait_), failed, unit(random)));
    }
    if (!told_) first_.set_value("was stopped");
}

std::string standing_stream::connect_once(const net::endpoint& base) {
    http::request request{.target = path_};
    if (where_.sign) where_.sign(request);
    request.target = base.path + request.target;
    const bool is_secure = base.scheme == "https";
    const bool is_proxied = where_.api.proxy.has_value();
    plain_stream socket(steps_.io());
    socket.expires_after(connect_within);
    if (auto trouble = reach(socket, is_proxied ? *where_.api.proxy : base); !trouble.empty()) return trouble;
    if (is_proxied && (is_secure || tunnels_)) {
        if (auto trouble = tunnel(socket, base); !trouble.empty()) return trouble;
    } else if (is_proxied) {
        request.target = fmt::format("http://{}{}", authority(base), request.target); // RFC 9112, 3.2.2
    }
    request.headers.emplace_back("Host", authority(base));
    if (!is_secure) return converse(api_stream(std::move(socket)), request);

    secure_stream secure(std::move(socket), tls_);
    secure.set_verify_callback(asio::ssl::host_name_verification(base.host));
    error_code is_name;
    asio::ip::make_address(base.host, is_name);
    if (is_name) SSL_set_tlsext_host_name(secure.native_handle(), base.host.c_str()); // RFC 6066, 3: no addresses
    const auto failed =
        steps_.take([&](auto done) { secure.async_handshake(asio::ssl::stream_base::client, std::move(done)); },
                    [&] { beast::get_lowest_layer(secure).close(); });
    if (failed) return fmt::format("no TLS ({}); see target.tls", failed.message());
    return converse(api_stream(std::move(secure)), request);
}

std::string standing_stream::reach(plain_stream& socket, const net::endpoint& to) {
    tcp::resolver resolver(steps_.io());
    tcp::resolver::results_type found;
    auto failed = steps_.take(
        [&](auto done) {
            resolver.async_resolve(to.host, std::to_string(to.port),
                                   [&found, done](error_code error, const tcp::resolver::results_type& all) mutable {
                                       found = all;
                                       done(error);
                                   });
        },
        [&] { resolver.cancel(); });
    if (failed) return fmt::format("cannot find {} ({})", to.host, failed.message());
    failed = steps_.take([&](auto done) { socket.async_connect(found, std::move(done)); }, [&] { socket.close(); });
    if (failed) return fmt::format("cannot connect ({}); check that it runs and listens there", failed.message());
    error_code ignored;
    socket.socket().set_option(asio::socket_base::keep_alive(true), ignored);
    socket.socket().set_option(tcp::no_delay(true), ignored);
    return {};
}

/// RFC 9110, 9.3.6.
std::string standing_stream::tunnel(plain_stream& socket, const net::endpoint& to) {
    beast::http::request<beast::http::empty_body> wanted{beast::http::verb::connect, authority(to), 11};
    wanted.set(beast::http::field::host, authority(to));
    const auto cancel = [&] { socket.close(); };
    auto failed = steps_.take([&](auto done) { beast::http::async_write(socket, wanted, std::move(done)); }, cancel);
    beast::flat_buffer unread;
    beast::http::response_parser<beast::http::empty_body> answer;
    answer.skip(true); // there is no body, whatever the header says
    if (!failed)
        failed = steps_.take(
            [&](auto done) { beast::http::async_read_header(socket, unread, answer, std::move(done)); }, cancel);
    if (failed) return fmt::format("the proxy does not answer ({})", failed.message());
    if (answer.get().result_int() != 200)
        return fmt::format("the proxy answers {}; see target.proxy", answer.get().result_int());
    return {};
}

} // namespace loadsim::observe
