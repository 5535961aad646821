#include "child_process.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace loadsim::target {
namespace {

namespace fs = std::filesystem;

/// Runs between fork and exec: async-signal-safe calls only, because the parent has threads.
[[noreturn]] void exec_child(const char* const* arguments, int log, int files, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127); // the parent died before the prctl
    ::setpgid(0, 0);                         // Ctrl-C must not reach the child: the broker stays while the run drains
    ::umask(S_IRWXG | S_IRWXO);              // its output may contain passwords
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    // The child must not inherit open files: an inherited connection would stay open after the parent has closed it.
    if (::close_range(3, ~0U, 0) != 0)
        for (int file = 3; file < files; ++file) ::close(file);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(arguments[0],
            const_cast<char* const*>(arguments)); // execv does not modify them; its POSIX signature predates const
    ::_exit(127);
}

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

pid_t start_child(const std::string& program, const std::vector<std::string>& arguments, const fs::path& log) {
    std::vector<const char*> argv{program.c_str()};
    for (const auto& argument : arguments) argv.push_back(argument.c_str());
    argv.push_back(nullptr);
    const int log_file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log_file < 0) return -1;
    std::array<int, 2> exec_pipe{}; // end of file when the child has executed the program
    if (::pipe2(exec_pipe.data(), O_CLOEXEC) != 0) exec_pipe = {-1, -1};
    const int files = static_cast<int>(std::clamp(::sysconf(_SC_OPEN_MAX), 1'024L, 4'000'000L));
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) exec_child(argv.data(), log_file, files, parent);
    const int start_error = errno;
    ::close(log_file);
    ::close(exec_pipe[1]);
    // Until the exec the child holds copies of our sockets, and listens_on() would report them as its own.
    char byte = 0;
    while (::read(exec_pipe[0], &byte, 1) < 0 && errno == EINTR) {}
    ::close(exec_pipe[0]);
    errno = start_error;
    return pid;
}

bool has_exited(pid_t pid) {
    const pid_t reaped = ::waitpid(pid, nullptr, WNOHANG);
    return reaped == pid || (reaped < 0 && errno == ECHILD); // SIGCHLD may be ignored, inherited from our parent
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
