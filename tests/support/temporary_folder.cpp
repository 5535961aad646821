#include "temporary_folder.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <stdlib.h>
#include <unistd.h>

namespace harness {

namespace asio = boost::asio;
using asio::ip::tcp;

temporary_folder::temporary_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "loadsim-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder: " + pattern);
    path_ = pattern;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored; // leftovers are cleaned up by the system
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path temporary_folder::write(std::string_view name, std::string_view text) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::uint16_t free_port() {
    using reservation = asio::local::stream_protocol::socket;
    static asio::io_context io;
    static std::mutex mutex;
    static std::vector<reservation> reservations;               // until the end of this process
    static auto next = static_cast<unsigned>(::getpid()) * 101; // tests of other processes begin elsewhere
    const std::lock_guard lock(mutex);
    for (;;) {
        const auto port = static_cast<std::uint16_t>(20'000 + next++ % 12'000);
        // The server that gets the port may listen much later; until then, the name keeps other tests from choosing it.
        boost::system::error_code error;
        reservation name(io);
        name.open();
        name.bind(std::string(1, '\0') + "loadsim-test-port-" + std::to_string(port), error);
        tcp::acceptor acceptor(io);
        acceptor.open(tcp::v4());
        if (!error) acceptor.bind({asio::ip::address_v4::loopback(), port}, error);
        if (error) continue;
        reservations.push_back(std::move(name));
        return port;
    }
}

bool accepts_connections(std::uint16_t port) {
    asio::io_context io;
    boost::system::error_code error;
    tcp::socket(io).connect({asio::ip::address_v4::loopback(), port}, error);
    return !error;
}

bool wait_until(const std::function<bool()>& predicate, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!predicate()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

} // namespace harness
