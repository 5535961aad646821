#include "child_process.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;

int open_output(const std::filesystem::path& file) {
    const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (opened < 0)
        throw std::runtime_error(fmt::format("{}: cannot be written ({})", file.string(), std::strerror(errno)));
    return opened;
}

} // namespace

child_process::child_process(std::string name, const std::vector<std::string>& command, std::filesystem::path folder)
    : name_(std::move(name)), folder_(std::move(folder)) {
    std::vector<char*> arguments;
    for (const auto& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str())); // execv() takes char* but does not write
    arguments.push_back(nullptr);
    const int out = open_output(folder_ / (name_ + ".out"));
    const int err = open_output(folder_ / (name_ + ".err"));
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127); // the parent died before prctl()
        ::dup2(out, STDOUT_FILENO);
        ::dup2(err, STDERR_FILENO);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(out);
    ::close(err);
    if (pid_ < 0) throw std::runtime_error(fmt::format("{}: cannot be started ({})", name_, std::strerror(errno)));
}

child_process::~child_process() {
    if (reap()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool child_process::reap() {
    if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
}

std::string child_process::contents(const char* ending) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / (name_ + ending)).rdbuf();
    return std::move(text).str();
}

void child_process::require_running() {
    if (reap()) throw std::runtime_error(fmt::format("{} ended too early: {}", name_, errors()));
}

void child_process::await_end(std::chrono::seconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!reap()) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error(fmt::format("{} does not end within {} s", name_, timeout.count()));
        std::this_thread::sleep_for(10ms);
    }
    if (!WIFEXITED(status_) || WEXITSTATUS(status_) != 0)
        throw std::runtime_error(fmt::format("{} failed ({} {}): {}", name_,
                                             WIFEXITED(status_) ? "exit code" : "signal",
                                             WIFEXITED(status_) ? WEXITSTATUS(status_) : WTERMSIG(status_), errors()));
}

} // namespace loadsim::bench
