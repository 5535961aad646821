#include "server_process.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace loadsim::bench {

server_process::server_process(const std::string& server_kind, const std::string& inbound) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
        ::execl("/proc/self/exe", "broker_api_bench", "--serve", server_kind.c_str(), "--inbound", inbound.c_str(),
                nullptr);
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    output_ = ::fdopen(out[0], "r");
    unsigned port = 0;
    const bool started = output_ != nullptr && std::fscanf(output_, "%u", &port) == 1;
    if (!started) throw std::runtime_error("the server did not come up: " + server_kind);
    port_ = static_cast<std::uint16_t>(port);
}

server_process::~server_process() {
    if (pid_ > 0) stop();
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
    rusage usage{};
    int status = 0;
    ::wait4(pid_, &status, 0, &usage);
    pid_ = -1;
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    cost.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    return cost;
}

} // namespace loadsim::bench
