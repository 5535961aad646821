#include <loadsim/fleet/wake_ports.hpp>

#include <loadsim/http/server.hpp>
#include <loadsim/net/on_thread.hpp>
#include <loadsim/net/options.hpp>

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

constexpr std::size_t vin_length = 17;
constexpr std::uint64_t body_limit = 8 * 1024;
constexpr std::size_t connections = 64; ///< at once; a gateway's client has one or two
constexpr std::chrono::seconds patience{10};

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

/// Where triggers are handed in.
struct desk {
    std::mutex guard; ///< of `told`: changed from another thread
    wake_ports::on_trigger told;
    std::atomic<std::uint64_t> triggers = 0;
    std::atomic<std::uint64_t> refused = 0;

    bool take(std::string_view vin) {
        const std::lock_guard lock(guard);
        ++(told ? triggers : refused);
        if (told) told(vin);
        return static_cast<bool>(told);
    }
};

http::reply answer_to(const http::incoming& asked, desk& d) {
    const auto refuse = [&d](unsigned status, std::string_view why) {
        ++d.refused;
        return http::problem(status, why);
    };
    if (asked.path() != "/sms") return refuse(404, "the only address here is /sms");
    if (asked.method != "POST") return refuse(405, "/sms takes POST and nothing else");
    const auto vin = addressee(asked.body);
    if (!vin) return refuse(400, R"(a trigger is {"to": VIN}, with a VIN of 17 characters)");
    if (!d.take(*vin)) return http::problem(503, "no vehicle can be woken yet, or any more");
    return {.status = 202, .content_type = {}};
}

} // namespace

class wake_ports::running {
public:
    running()
        : context_(1), datagrams_(context_),
          gateway_(context_, {.limits = {.body = body_limit}, .connections = connections, .idle_for = patience},
                   [this](const http::incoming& asked) { return answer_to(asked, shared); }) {}
    ~running() {
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }

    problems open(const wake_options& wanted) {
        problems wrong;
        const auto complain = [&wrong](const std::string& text, std::string_view why) {
            wrong.add("fleet.wake", fmt::format("cannot listen on {} for triggers: {}", text, why));
        };
        if (const auto at = net::parse_listen_address(wanted.udp); !at)
            wrong.add(at.error());
        else if (const auto error = bind(*at))
            complain(wanted.udp, error.message() + "; give an address of this machine and a port that is free, or 0");
        if (const auto at = net::parse_listen_address(wanted.sms); !at) {
            wrong.add(at.error());
        } else if (const auto port = gateway_.open(*at)) {
            sms = *at;
            sms.port = *port;
        } else {
            complain(wanted.sms, port.error().list.front().text);
        }
        if (!wrong.empty()) return wrong;
        receive();
        thread_ = std::thread([this] { context_.run(); });
        return wrong;
    }

    /// At the gateway, before anybody looked for a trigger in it.
    std::uint64_t refused_by_gateway() {
        return net::on_thread(context_, [this] {
            const auto& counted = gateway_.counted();
            return counted.malformed + counted.turned_away;
        });
    }

    desk shared;
    udp::endpoint udp_at;
    net::endpoint sms;

private:
    error_code bind(const net::endpoint& at) {
        error_code error;
        const udp::endpoint place(asio::ip::make_address(at.host, error), at.port);
        if (!error) datagrams_.open(place.protocol(), error);
        if (!error) datagrams_.bind(place, error);
        if (!error) udp_at = datagrams_.local_endpoint(error);
        return error;
    }

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

    asio::io_context context_; // after `shared`: what it destroys with itself still uses that
    udp::socket datagrams_;
    http::server gateway_;
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
    return fmt::format("{}:{}", running_->udp_at.address().to_string(), running_->udp_at.port());
}
std::string wake_ports::sms() const { return net::to_string(running_->sms); }
std::uint64_t wake_ports::triggers() const { return running_->shared.triggers; }
std::uint64_t wake_ports::refused() const { return running_->shared.refused + running_->refused_by_gateway(); }

} // namespace loadsim::fleet
