#include <loadsim/http/server.hpp>

#include <loadsim/net/on_thread.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <thread>
#include <utility>

namespace loadsim::http {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds finish_within{1};
constexpr std::chrono::milliseconds look_again{5};

} // namespace

class listener::running {
public:
    running(const server_options& o, handler answers) : server_(io_, o, std::move(answers)) {}

    ~running() {
        if (!thread_.joinable()) return;
        net::on_thread(io_, [this] { server_.close(); });
        const auto give_up = std::chrono::steady_clock::now() + finish_within;
        while (counted().open != 0 && std::chrono::steady_clock::now() < give_up)
            std::this_thread::sleep_for(look_again);
        io_.stop();
        thread_.join();
    }

    problems start(const net::endpoint& at) {
        const auto port = server_.open(at);
        if (!port) return port.error();
        address = {.scheme = "http", .host = at.host.empty() ? "127.0.0.1" : at.host, .port = *port, .path = {}};
        thread_ = std::thread([this] { io_.run(); });
        return {};
    }

    server_figures counted() {
        return net::on_thread(io_, [this] { return server_.counted(); });
    }

    net::endpoint address;

private:
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> keep_running_ = asio::make_work_guard(io_);
    server server_;
    std::thread thread_;
};

result<listener> listener::start(const net::endpoint& at, const server_options& o, handler answers) {
    auto made = std::make_unique<running>(o, std::move(answers));
    if (auto wrong = made->start(at); !wrong.empty()) return wrong;
    return listener(std::move(made));
}

listener::listener(std::unique_ptr<running> r) : running_(std::move(r)) {}
listener::listener(listener&&) noexcept = default;
listener& listener::operator=(listener&&) noexcept = default;
listener::~listener() = default;

const net::endpoint& listener::address() const { return running_->address; }
std::string listener::url() const { return net::to_string(running_->address); }
server_figures listener::figures() const { return running_->counted(); }

} // namespace loadsim::http
