#include "scratch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <stdlib.h>

namespace stage {

namespace asio = boost::asio;
using asio::ip::tcp;

scratch::scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "loadsim-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder: " + pattern);
    path_ = pattern;
}

scratch::~scratch() {
    std::error_code ignored; // what is left over is the system's to clean up
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path scratch::write(std::string_view name, std::string_view text) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
}

std::string contents(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::uint16_t free_port() {
    asio::io_context io;
    return tcp::acceptor(io, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

bool answers(std::uint16_t port) {
    asio::io_context io;
    boost::system::error_code error;
    tcp::socket(io).connect({asio::ip::address_v4::loopback(), port}, error);
    return !error;
}

bool wait_until(const std::function<bool()>& holds, std::chrono::milliseconds at_most) {
    const auto give_up = std::chrono::steady_clock::now() + at_most;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > give_up) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return true;
}

} // namespace stage
