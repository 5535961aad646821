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

/// Searches PATH and /usr/sbin, where Debian installs servers and which PATH may lack.
std::string find_program(const std::string& program) {
    if (program.find('/') != std::string::npos) return program;
    const char* path = std::getenv("PATH");
    const std::string folders = (path != nullptr ? std::string(path) + ':' : std::string()) + "/usr/sbin";
    for (std::size_t at = 0; at <= folders.size();) {
        const auto colon = std::min(folders.find(':', at), folders.size());
        auto candidate = folders.substr(at, colon - at) + '/' + program;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
        at = colon + 1;
    }
    throw std::runtime_error(program + " is not installed: apt-get install wrk nginx-light");
}

void pin_to_core(core pinned_core) {
    if (::sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<int>(pinned_core), &cores);
    ::sched_setaffinity(0, sizeof cores, &cores); // best effort: may be forbidden
}

pid_t start(const std::vector<std::string>& command, core pinned_core, int output) {
    const auto program = find_program(command.front());
    std::vector<char*> arguments;
    for (const auto& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str())); // execv() takes char* but does not write
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "cannot start " + program);
    if (pid > 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127); // the parent died before prctl()
    pin_to_core(pinned_core);
    if (output >= 0) ::dup2(output, STDOUT_FILENO);
    ::execv(program.c_str(), arguments.data());
    ::_exit(127);
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

} // namespace

process_result run(const std::vector<std::string>& command, core pinned_core) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const auto begun = std::chrono::steady_clock::now();
    const pid_t pid = start(command, pinned_core, pipe[1]);
    ::close(pipe[1]);
    process_result result;
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto size = ::read(pipe[0], buffer.data(), buffer.size());
        if (size > 0) result.output.append(buffer.data(), static_cast<std::size_t>(size));
        if (size == 0 || (size < 0 && errno != EINTR)) break;
    }
    ::close(pipe[0]);
    int status = 0;
    rusage usage{};
    while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {}
    result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    return result;
}

child_process::child_process(const std::vector<std::string>& command, core pinned_core)
    : pid_(start(command, pinned_core, -1)) {}

child_process::~child_process() {
    if (!pid_) return;
    ::kill(*pid_, SIGTERM);
    while (::waitpid(*pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

bool child_process::has_ended() {
    if (pid_ && ::waitpid(*pid_, nullptr, WNOHANG) == *pid_) pid_.reset();
    return !pid_;
}

} // namespace loadsim::bench
