#include "process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace loadsim::bench {
namespace {

/// Debian keeps servers in /usr/sbin, which is not in everybody's PATH.
std::string place_of(const std::string& program) {
    if (program.find('/') != std::string::npos) return program;
    const char* path = std::getenv("PATH");
    const std::string places = (path != nullptr ? std::string(path) + ':' : std::string()) + "/usr/sbin";
    for (std::size_t at = 0; at <= places.size();) {
        const auto colon = std::min(places.find(':', at), places.size());
        auto candidate = places.substr(at, colon - at) + '/' + program;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
        at = colon + 1;
    }
    throw std::runtime_error(program + " is not installed: apt-get install wrk nginx-light");
}

void stay_on(core where) {
    if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<int>(where), &cores);
    ::sched_setaffinity(0, sizeof cores, &cores); // where it is not allowed, it goes without
}

pid_t start(const std::vector<std::string>& command, core where, int output) {
    const auto program = place_of(command.front());
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str())); // exec does not write to them
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "cannot start " + program);
    if (pid > 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127); // it died before the line above
    stay_on(where);
    if (output >= 0) ::dup2(output, STDOUT_FILENO);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

} // namespace

process_figures run(const std::vector<std::string>& command, core where) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const auto begun = std::chrono::steady_clock::now();
    const pid_t pid = start(command, where, pipe[1]);
    ::close(pipe[1]);
    process_figures figures;
    std::array<char, 4096> some{};
    for (;;) {
        const auto size = ::read(pipe[0], some.data(), some.size());
        if (size > 0) figures.output.append(some.data(), static_cast<std::size_t>(size));
        if (size == 0 || (size < 0 && errno != EINTR)) break;
    }
    ::close(pipe[0]);
    int status = 0;
    rusage used{};
    while (::wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {}
    figures.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    figures.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    figures.cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime);
    return figures;
}

child::child(const std::vector<std::string>& command, core where) : pid_(start(command, where, -1)) {}

child::~child() {
    if (!pid_) return;
    ::kill(*pid_, SIGTERM);
    while (::waitpid(*pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

bool child::has_ended() {
    if (pid_ && ::waitpid(*pid_, nullptr, WNOHANG) == *pid_) pid_.reset();
    return !pid_;
}

} // namespace loadsim::bench
