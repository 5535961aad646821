#include "nginx.hpp"

#include <loadsim/net/connect_check.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int max_attempts = 5; ///< another process may bind the free port first

std::string configuration(const fs::path& folder, std::uint16_t port) {
    return fmt::format(R"(daemon off;
master_process off;
pid {0}/nginx.pid;
error_log {0}/nginx.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    tcp_nodelay on;
    client_body_temp_path {0}/body;
    proxy_temp_path {0}/proxy;
    fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi;
    scgi_temp_path {0}/scgi;
    server {{
        listen 127.0.0.1:{1};
        default_type application/json;
        location / {{ return 202 '{{"id":"$request_id"}}'; }}
    }}
}}
)",
                       folder.string(), port);
}

bool accepts_connections(std::uint16_t port) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({boost::asio::ip::address_v4::loopback(), port}, error);
    return !error;
}

} // namespace

nginx::nginx() {
    std::string name = (fs::temp_directory_path() / "loadsim-http-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder " + name);
    folder_ = name;
    for (int attempt = 0; attempt < max_attempts; ++attempt)
        if (try_start()) return;
    std::ifstream log(folder_ / "nginx.log");
    std::string last;
    for (std::string line; std::getline(log, line);) last = line;
    throw std::runtime_error("nginx does not come up: " + last);
}

bool nginx::try_start() {
    const auto port = net::free_port();
    if (!port) throw std::runtime_error(to_string(port.error()));
    port_ = *port;
    const auto file = folder_ / "nginx.conf";
    std::ofstream(file) << configuration(folder_, port_);
    process_ = std::make_unique<child_process>(
        std::vector<std::string>{"nginx", "-c", file, "-p", folder_, "-e", folder_ / "nginx.log"}, core::server);
    for (int i = 0; i < 500 && !process_->has_ended(); ++i, std::this_thread::sleep_for(10ms))
        if (accepts_connections(port_)) return true;
    return false;
}

nginx::~nginx() {
    process_.reset();
    std::error_code ignored; // a leftover temporary folder is harmless
    fs::remove_all(folder_, ignored);
}

} // namespace loadsim::bench
