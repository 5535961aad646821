#include <loadsim/fleet/wake_ports.hpp>

#include <loadsim/net/options.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace loadsim::fleet {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

constexpr std::size_t vin_length = 17;
constexpr std::uint32_t header_limit = 8 * 1024;
constexpr std::uint64_t body_limit = 8 * 1024;
constexpr std::size_t connections = 64; ///< at once; a gateway's client has one or two
constexpr std::chrono::seconds patience{10};
/// A client that is still sending must be able to read our answer before the reset.
constexpr std::chrono::seconds linger_for{2};
constexpr std::chrono::milliseconds no_files_left{100};

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

bool looks_like_vin(std::string_view text) {
    return text.size() == vin_length && text.find_first_not_of("0123456789ABCDEFGHJKLMNPRSTUVWXYZ") == text.npos;
}

/// The vehicle that {"to": VIN} names.
std::optional<std::string> addressee(std::string_view body) {
    error_code error;
    const auto said = json::parse({body.data(), body.size()}, error);
    if (error || !said.is_object()) return std::nullopt;
    const auto* to = said.get_object().if_contains("to");
    if (to == nullptr || !to->is_string() || !looks_like_vin(std::string_view(to->get_string()))) return std::nullopt;
    return std::string(to->get_string());
}

/// What the connections share.
struct desk {
    std::mutex guard; ///< of `told`: changed from another thread
    wake_ports::on_trigger told;
    std::atomic<std::uint64_t> triggers = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::size_t open = 0;

    bool take(std::string_view vin) {
        const std::lock_guard lock(guard);
        ++(told ? triggers : refused);
        if (told) told(vin);
        return static_cast<bool>(told);
    }
};

/// One connection to the stand-in for the SMS gateway. It lives in its handlers.
class sms_connection : public std::enable_shared_from_this<sms_connection> {
public:
    sms_connection(tcp::socket socket, desk& shared) : stream_(std::move(socket)), desk_(shared) { ++desk_.open; }
    ~sms_connection() { --desk_.open; }

    void read() {
        parser_.emplace();
        parser_->header_limit(header_limit);
        parser_->body_limit(body_limit);
        stream_.expires_after(patience);
        http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](error_code error, std::size_t) { self->take(error); });
    }

private:
    void take(error_code error) {
        if (!error) return write(answer_to(parser_->get()));
        // Gone, or silent for too long: there is nobody to answer.
        if (error.category() != http::make_error_code(http::error::bad_method).category() ||
            error == http::error::end_of_stream)
            return;
        ++desk_.refused;
        if (error == http::error::body_limit || error == http::error::header_limit ||
            error == http::error::buffer_overflow)
            return write(problem(http::status::payload_too_large, "a trigger is never this long", false));
        write(problem(http::status::bad_request, "not HTTP: " + error.message(), false));
    }

    response answer_to(const request& asked) {
        const auto refuse = [&](http::status status, std::string why) {
            ++desk_.refused;
            return problem(status, std::move(why), asked.keep_alive());
        };
        if (asked.target() != "/sms") return refuse(http::status::not_found, "the only address here is /sms");
        if (asked.method() != http::verb::post)
            return refuse(http::status::method_not_allowed, "/sms takes POST and nothing else");
        const auto vin = addressee(asked.body());
        if (!vin) return refuse(http::status::bad_request, R"(a trigger is {"to": VIN}, with a VIN of 17 characters)");
        if (!desk_.take(*vin))
            return problem(http::status::service_unavailable, "no vehicle can be woken yet, or any more",
                           asked.keep_alive());
        response taken{http::status::accepted, 11};
        taken.keep_alive(asked.keep_alive());
        taken.prepare_payload();
        return taken;
    }

    static response problem(http::status status, std::string why, bool goes_on) {
        response refused{status, 11};
        refused.set(http::field::content_type, "application/problem+json");
        refused.keep_alive(goes_on);
        refused.body() = json::serialize(json::object{{"status", refused.result_int()}, {"detail", std::move(why)}});
        refused.prepare_payload();
        return refused;
    }

    void write(response what) {
        response_ = std::move(what);
        stream_.expires_after(patience);
        http::async_write(stream_, response_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error) return;
            if (self->response_.keep_alive()) return self->read();
            error_code ignored;
            self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
            self->stream_.expires_after(linger_for);
            self->linger();
        });
    }

    /// Throws away what still comes.
    void linger() {
        stream_.async_read_some(asio::buffer(thrown_away_), [self = shared_from_this()](error_code error, std::size_t) {
            if (!error) self->linger();
        });
    }

    beast::tcp_stream stream_;
    desk& desk_;
    beast::flat_buffer buffer_{header_limit + body_limit};
    std::optional<http::request_parser<http::string_body>> parser_;
    response response_;
    std::array<char, 1024> thrown_away_{};
};

} // namespace

class wake_ports::running {
public:
    running() : context_(1), datagrams_(context_), acceptor_(context_), pause_(context_) {}
    ~running() {
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }

    problems open(const wake_options& wanted) {
        problems wrong;
        const auto bind = [&wrong](auto& socket, const std::string& text, auto& bound) {
            const auto at = net::parse_listen_address(text);
            if (!at) return wrong.add(at.error());
            error_code error;
            const auto address = asio::ip::make_address(at->host, error);
            using endpoint = std::remove_reference_t<decltype(bound)>;
            const endpoint place(address, at->port);
            if (!error) socket.open(place.protocol(), error);
            if (!error) socket.bind(place, error);
            if (!error) bound = socket.local_endpoint(error);
            if (error)
                wrong.add("fleet.wake", fmt::format("cannot listen on {} for triggers ({}); give an address of this "
                                                    "machine and a port that is free, or 0",
                                                    text, error.message()));
        };
        bind(datagrams_, wanted.udp, udp_);
        bind(acceptor_, wanted.sms, sms_);
        error_code error;
        if (wrong.empty()) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
        if (error) wrong.add("fleet.wake", fmt::format("cannot listen for triggers ({})", error.message()));
        if (!wrong.empty()) return wrong;
        receive();
        accept();
        thread_ = std::thread([this] { context_.run(); });
        return wrong;
    }

    desk shared;
    udp::endpoint udp_;
    tcp::endpoint sms_;

private:
    void receive() {
        datagrams_.async_receive_from(asio::buffer(datagram_), sender_, [this](error_code error, std::size_t n) {
            if (error == asio::error::operation_aborted) return;
            const std::string_view text(datagram_.data(), error ? 0 : n);
            if (looks_like_vin(text))
                shared.take(text);
            else
                ++shared.refused;
            receive();
        });
    }

    void accept() {
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (error) return accept_later(); // most likely no open files left
            if (shared.open < connections)
                std::make_shared<sms_connection>(std::move(socket), shared)->read();
            else
                ++shared.refused; // closed: who has so many open already does not need this one
            accept();
        });
    }

    void accept_later() {
        pause_.expires_after(no_files_left);
        pause_.async_wait([this](error_code error) {
            if (!error) accept();
        });
    }

    asio::io_context context_; // after `shared`: the connections that it destroys with itself still use that
    udp::socket datagrams_;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    udp::endpoint sender_;
    std::array<char, 64> datagram_{}; // what is longer is cut off, and no VIN
    std::thread thread_;
};

wake_ports::wake_ports(std::unique_ptr<running> r) : running_(std::move(r)) {}
wake_ports::wake_ports(wake_ports&&) noexcept = default;
wake_ports& wake_ports::operator=(wake_ports&&) noexcept = default;
wake_ports::~wake_ports() = default;

result<wake_ports> wake_ports::open(const wake_options& wanted) {
    auto made = std::make_unique<running>();
    if (auto wrong = made->open(wanted); !wrong.empty()) return wrong;
    return wake_ports(std::move(made));
}

void wake_ports::tell(on_trigger told) {
    const std::lock_guard lock(running_->shared.guard);
    running_->shared.told = std::move(told);
}

std::string wake_ports::udp() const {
    return fmt::format("{}:{}", running_->udp_.address().to_string(), running_->udp_.port());
}
std::string wake_ports::sms() const {
    return fmt::format("http://{}:{}", running_->sms_.address().to_string(), running_->sms_.port());
}
std::uint64_t wake_ports::triggers() const { return running_->shared.triggers; }
std::uint64_t wake_ports::refused() const { return running_->shared.refused; }

} // namespace loadsim::fleet
