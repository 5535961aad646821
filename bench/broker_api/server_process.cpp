#include "server_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace loadsim::bench {

server_process::server_process(const std::string& server_kind, const std::string& inbound) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    process_.emplace(child_options{
        .command = {"/proc/self/exe", "--serve", server_kind, "--inbound", inbound}, .in = in[0], .out = out[1]});
    stdin_ = in[1];
    output_ = ::fdopen(out[0], "r");
    unsigned port = 0;
    const bool started = output_ != nullptr && std::fscanf(output_, "%u", &port) == 1;
    if (!started) throw std::runtime_error("the server did not come up: " + server_kind);
    port_ = static_cast<std::uint16_t>(port);
}

server_usage server_process::stop() {
    const auto stop_begin = std::chrono::steady_clock::now();
    ::close(stdin_);
    server_usage cost;
    unsigned long posted = 0;
    unsigned long dropped = 0;
    if (output_ != nullptr && std::fscanf(output_, "%lu %lu", &posted, &dropped) == 2) {
        cost.responses_posted = posted;
        cost.responses_dropped = dropped;
    }
    if (output_ != nullptr) std::fclose(output_);
    cost.drain_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - stop_begin).count();
    const auto result = process_->wait();
    cost.cpu_s = result.cpu_s;
    cost.peak_bytes = result.peak_bytes;
    return cost;
}

} // namespace loadsim::bench
