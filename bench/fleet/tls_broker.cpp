#include "tls_broker.hpp"

#include <loadsim/net/connect_check.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::uint16_t free_port() {
    const auto port = net::free_port();
    if (!port) throw std::runtime_error(to_string(port.error()));
    return *port; // another process may take it: the run is repeated
}

fs::path write_configuration(std::uint16_t port, const fs::path& certificates, const fs::path& folder) {
    auto file = folder / "mosquitto-tls.conf";
    std::ofstream(file) << target::mosquitto_configuration(port, ::geteuid() == 0 ? "root" : "", folder, {})
                        << fmt::format("cafile {0}/ca.pem\ncertfile {0}/server.pem\nkeyfile {0}/server.key\n"
                                       "require_certificate true\n",
                                       certificates.string());
    return file;
}

} // namespace

tls_broker::tls_broker(const fs::path& certificates, const fs::path& folder)
    : port_(free_port()),
      process_({"mosquitto", "-c", write_configuration(port_, certificates, folder)}, folder / "mosquitto-tls.log") {
    const net::endpoint self{"mqtt", "127.0.0.1", port_, ""};
    for (int attempt = 0; attempt < 100; ++attempt) {
        if (!process_.running()) throw std::runtime_error("mosquitto ends at once; see mosquitto-tls.log");
        if (net::check_servers({self}, "broker", 1s).unreachable.empty()) return;
        std::this_thread::sleep_for(50ms);
    }
    throw std::runtime_error("mosquitto does not listen");
}

} // namespace loadsim::bench
