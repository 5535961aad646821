#include "logged_process.hpp"

#include <loadsim/base/child_process.hpp>

#include <fmt/format.h>

#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <system_error>

namespace loadsim::target {
namespace {

namespace fs = std::filesystem;

/// Inode of the socket that listens on the port, from /proc/net/tcp: listening sockets (state 0A) come first.
std::string listener_inode(std::uint16_t port) {
    std::ifstream table("/proc/net/tcp");
    std::string line;
    std::getline(table, line); // header
    const auto address = fmt::format("0100007F:{:04X}", port);
    while (std::getline(table, line)) {
        std::istringstream fields(line);
        std::string number, local, remote, state, queues, timer, retransmitted, user, timeout, inode;
        fields >> number >> local >> remote >> state >> queues >> timer >> retransmitted >> user >> timeout >> inode;
        if (state != "0A") break;
        if (local == address) return inode;
    }
    return {};
}

} // namespace

pid_t start_logged(const std::vector<std::string>& command, const fs::path& log) {
    const int output = open_output(log);
    if (output < 0) return -1;
    const auto restrict_files = [] { ::umask(S_IRWXG | S_IRWXO); }; // they may contain passwords
    return start_child({.command = command, .out = output, .err = output, .before_exec = restrict_files});
}

bool listens_on(pid_t pid, std::uint16_t port) {
    const auto inode = listener_inode(port);
    if (inode.empty()) return false;
    std::error_code gone;
    for (fs::directory_iterator file(fmt::format("/proc/{}/fd", pid), gone), end; !gone && file != end;
         file.increment(gone)) {
        std::error_code closed;
        if (fs::read_symlink(file->path(), closed) == fmt::format("socket:[{}]", inode)) return true;
    }
    return false;
}

std::string last_line(const fs::path& file) {
    std::ifstream in(file);
    std::string line;
    std::string last;
    while (std::getline(in, line))
        if (!line.empty()) last = line;
    return last;
}

} // namespace loadsim::target
