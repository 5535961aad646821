#include <loadsim/http/server.hpp>

#include <loadsim/base/exhaustion.hpp>
#include <loadsim/net/call_on_loop.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <thread>
#include <utility>

namespace loadsim::http {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds finish_timeout{1};
constexpr std::chrono::milliseconds poll_interval{5};

} // namespace

class listener::impl {
public:
    impl(const server_options& o, handler on_request)
        : scheme_(o.certificate.empty() ? "http" : "https"), server_(io_, o, std::move(on_request)) {}

    ~impl() {
        if (!thread_.joinable()) return;
        net::call_on_loop(io_, [this] { server_.close(); });
        const auto deadline = std::chrono::steady_clock::now() + finish_timeout;
        while (counts().open != 0 && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(poll_interval);
        io_.stop();
        thread_.join();
    }

    problems start(const net::endpoint& at) {
        const auto port = server_.open(at);
        if (!port) return port.error();
        address = {.scheme = scheme_, .host = at.host.empty() ? "127.0.0.1" : at.host, .port = *port, .path = {}};
        thread_ = std::thread([this] { run_despite_exhaustion("the HTTP listener", [this] { io_.run(); }); });
        return {};
    }

    server_counts counts() {
        return net::call_on_loop(io_, [this] { return server_.counts(); });
    }

    void post(std::function<void()> task) { asio::post(io_, std::move(task)); }

    net::endpoint address;

private:
    const char* scheme_;
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> keep_running_ = asio::make_work_guard(io_);
    server server_;
    std::thread thread_;
};

result<listener> listener::start(const net::endpoint& at, const server_options& o, handler on_request) {
    auto made = std::make_unique<impl>(o, std::move(on_request));
    if (auto wrong = made->start(at); !wrong.empty()) return wrong;
    return listener(std::move(made));
}

listener::listener(std::unique_ptr<impl> r) : impl_(std::move(r)) {}
listener::listener(listener&&) noexcept = default;
listener& listener::operator=(listener&&) noexcept = default;
listener::~listener() = default;

void listener::post(std::function<void()> task) { impl_->post(std::move(task)); }
const net::endpoint& listener::address() const { return impl_->address; }
std::string listener::url() const { return net::to_string(impl_->address); }
server_counts listener::counts() const { return impl_->counts(); }

} // namespace loadsim::http
