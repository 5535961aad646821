#include <loadsim/fleet/wakeup_listener.hpp>

#include <loadsim/base/exhaustion.hpp>
#include <loadsim/http/server.hpp>
#include <loadsim/net/call_on_loop.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace loadsim::fleet {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::udp;
using boost::system::error_code;

constexpr std::size_t body_limit = 8 * 1024; ///< of a datagram, too
constexpr std::size_t max_connections = 64;  ///< concurrent; an SMS client uses one or two
constexpr std::chrono::seconds idle_timeout{10};

/// VIN in {"to": VIN}; nullopt: invalid.
std::optional<std::string> parse_sms_recipient(std::string_view body) {
    error_code error;
    const auto parsed = json::parse({body.data(), body.size()}, error);
    if (error || !parsed.is_object()) return std::nullopt;
    const auto* to = parsed.get_object().if_contains("to");
    if (to == nullptr || !to->is_string()) return std::nullopt;
    return std::string(to->get_string());
}

/// Sink of received triggers: counts them and calls the handler.
struct trigger_sink {
    std::mutex mutex; ///< protects `handler`, which is set from another thread
    wakeup_listener::on_trigger handler;
    std::atomic<std::uint64_t> triggers = 0;
    std::atomic<std::uint64_t> refused = 0;

    /// Status of the response.
    unsigned accept(std::string_view vin) {
        const std::lock_guard lock(mutex);
        const unsigned status = !handler ? 503 : handler(vin) ? 202 : 404;
        ++(status == 202 ? triggers : refused);
        return status;
    }
};

http::server_response handle_sms(const http::request_view& request, trigger_sink& d) {
    const auto refuse = [&d](unsigned status, std::string_view why) {
        ++d.refused;
        return http::problem_details(status, why);
    };
    if (request.path() != "/sms") return refuse(404, "the only address here is /sms");
    if (request.method != "POST") return refuse(405, "/sms accepts only POST");
    const auto vin = parse_sms_recipient(request.body);
    if (!vin) return refuse(400, R"(a trigger is {"to": VIN})");
    switch (const auto status = d.accept(*vin)) {
    case 503: return http::problem_details(status, "no vehicle can be woken yet, or any more");
    case 404: return http::problem_details(status, "no vehicle of this run has this VIN");
    default: return {.status = status, .content_type = {}};
    }
}

} // namespace

class wakeup_listener::impl {
public:
    impl()
        : context_(1), datagrams_(context_),
          gateway_(context_,
                   {.limits = {.body = body_limit}, .max_connections = max_connections, .idle_timeout = idle_timeout},
                   [this](const http::request_view& request) { return handle_sms(request, shared); }) {}
    ~impl() {
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }

    problems open(const wakeup_options& options) {
        problems wrong;
        const auto add_error = [&wrong](const std::string& text, std::string_view why) {
            wrong.add("fleet.wakeup", fmt::format("cannot listen on {} for triggers: {}", text, why));
        };
        if (const auto at = net::parse_listen_address(options.udp); !at)
            wrong.add(at.error());
        else if (const auto error = bind(*at))
            add_error(options.udp, error.message() + "; give an address of this machine and a port that is free, or 0");
        if (const auto at = net::parse_listen_address(options.sms); !at) {
            wrong.add(at.error());
        } else if (const auto port = gateway_.open(*at)) {
            sms_endpoint = *at;
            sms_endpoint.port = *port;
        } else {
            add_error(options.sms, port.error().list.front().text);
        }
        if (!wrong.empty()) return wrong;
        receive();
        thread_ = std::thread(
            [this] { run_despite_exhaustion("the listener for wake-up triggers", [this] { context_.run(); }); });
        return wrong;
    }

    /// Requests rejected by the HTTP server before trigger parsing.
    std::uint64_t rejected_by_gateway() {
        return net::call_on_loop(context_, [this] {
            const auto& counted = gateway_.counts();
            return counted.malformed + counted.rejected;
        });
    }

    trigger_sink shared;
    udp::endpoint udp_endpoint;
    net::endpoint sms_endpoint;

private:
    error_code bind(const net::endpoint& at) {
        error_code error;
        const udp::endpoint bind_endpoint(asio::ip::make_address(at.host, error), at.port);
        if (!error) datagrams_.open(bind_endpoint.protocol(), error);
        if (!error) datagrams_.bind(bind_endpoint, error);
        if (!error) udp_endpoint = datagrams_.local_endpoint(error);
        return error;
    }

    void receive() {
        datagrams_.async_receive_from(asio::buffer(datagram_), sender_, [this](error_code error, std::size_t n) {
            if (error == asio::error::operation_aborted) return;
            const std::string text(datagram_.data(), n);
            const bool is_complete = !error && n < datagram_.size();
            receive(); // first: an exception below must not end it
            if (!is_complete || !log_exhaustion("a wake-up trigger", [&] { shared.accept(text); })) ++shared.refused;
        });
    }

    asio::io_context context_; // after `shared`: handlers destroyed with it still use `shared`
    udp::socket datagrams_;
    http::server gateway_;
    udp::endpoint sender_;
    std::array<char, body_limit> datagram_{}; // longer datagrams are truncated and invalid
    std::thread thread_;
};

wakeup_listener::wakeup_listener(std::unique_ptr<impl> r) : impl_(std::move(r)) {}
wakeup_listener::wakeup_listener(wakeup_listener&&) noexcept = default;
wakeup_listener& wakeup_listener::operator=(wakeup_listener&&) noexcept = default;
wakeup_listener::~wakeup_listener() = default;

result<wakeup_listener> wakeup_listener::open(const wakeup_options& options) {
    auto made = std::make_unique<impl>();
    if (auto wrong = made->open(options); !wrong.empty()) return wrong;
    return wakeup_listener(std::move(made));
}

void wakeup_listener::set_handler(on_trigger handler) {
    const std::lock_guard lock(impl_->shared.mutex);
    impl_->shared.handler = std::move(handler);
}

std::string wakeup_listener::udp() const {
    return fmt::format("{}:{}", impl_->udp_endpoint.address().to_string(), impl_->udp_endpoint.port());
}
std::string wakeup_listener::sms() const { return net::to_string(impl_->sms_endpoint); }
std::uint64_t wakeup_listener::triggers() const { return impl_->shared.triggers; }
std::uint64_t wakeup_listener::refused() const { return impl_->shared.refused + impl_->rejected_by_gateway(); }

} // namespace loadsim::fleet
