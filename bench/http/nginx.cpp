#include "nginx.hpp"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>

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

} // namespace

nginx::nginx() {
    for (int attempt = 0; attempt < max_attempts; ++attempt)
        if (try_start()) return;
    std::ifstream log(folder_ / "nginx.log");
    std::string last;
    for (std::string line; std::getline(log, line);) last = line;
    throw std::runtime_error("nginx does not come up: " + last);
}

bool nginx::try_start() {
    port_ = harness::free_port();
    const auto file = folder_.write("nginx.conf", configuration(folder_.path(), port_));
    process_.emplace(pinned({"nginx", "-c", file, "-p", folder_.path(), "-e", folder_ / "nginx.log"}, core::server));
    bool accepts = false;
    harness::wait_until(
        [&] {
            accepts = harness::accepts_connections(port_);
            return accepts || !process_->running();
        },
        5s);
    return accepts;
}

} // namespace loadsim::bench
